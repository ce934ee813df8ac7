"""A program that knows the path connects; the kernel says whose process it is."""

import os
import struct
import subprocess
import sys
from socket import AF_UNIX, SO_PEERCRED, SOL_SOCKET, socket
from tempfile import TemporaryDirectory

CALLER = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"

with TemporaryDirectory() as folder, socket(AF_UNIX) as listener:
    listener.bind(path := os.path.join(folder, "meeting"))
    listener.listen()
    print(f"the folder's permissions: {os.stat(folder).st_mode & 0o777:o}")
    with subprocess.Popen([sys.executable, "-c", CALLER, path]) as program:
        with listener.accept()[0] as end:
            peer = end.getsockopt(SOL_SOCKET, SO_PEERCRED, struct.calcsize("iII"))
        pid, uid, gid = struct.unpack("iII", peer)
        print("the peer is the program that we started:", pid == program.pid)
        print("its user is ours:", uid == os.geteuid())
        print("its group is ours:", gid == os.getegid())
