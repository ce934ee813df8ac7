"""Let the other process read until all has come."""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    for _ in range(2):
        print(len(end.recv()), "bytes")


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    for _ in range(2):
        mine.send(bytes(1_000_000))
    process.join()
