"""What one process writes into a mapped file, any other program reads there."""

import os
import struct
import subprocess
import tempfile
from mmap import mmap
from multiprocessing import Process


def write(path: str) -> None:
    with open(path, "r+b") as file, mmap(file.fileno(), 0) as pages:
        pages[:] = struct.pack("=QQ", 1, 5) + b"hello"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pages")
        with open(path, "wb") as file:
            file.write(bytes(21))
        writer = Process(target=write, args=(path,))
        writer.start()
        writer.join()
        print("the writer has ended, and this is what there is:", flush=True)
        subprocess.run(["od", "-A", "n", "-t", "u8", "-N", "16", path], check=True)
        subprocess.run(["tail", "-c", "5", path], check=True)
        print()
