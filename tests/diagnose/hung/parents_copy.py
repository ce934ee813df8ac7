""":Cause: own copy of the other end"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send("one")


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    while True:
        mine.recv()
