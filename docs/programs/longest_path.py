"""How long the path of a Unix socket may be on Linux."""

import os
from socket import AF_UNIX, socket
from tempfile import TemporaryDirectory

with TemporaryDirectory() as folder:
    for length in 107, 108:
        path = os.path.join(folder, "").ljust(length, "x")
        with socket(AF_UNIX) as listener:
            try:
                listener.bind(path)
                print(len(os.fsencode(path)), "bytes: bound")
            except OSError as error:
                print(len(os.fsencode(path)), f"bytes: OSError: {error}")
