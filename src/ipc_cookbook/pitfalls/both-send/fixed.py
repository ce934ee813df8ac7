"""Let one of the two receive first."""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send(bytes(1_000_000))
    end.recv()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    mine.recv()
    mine.send(bytes(1_000_000))
    process.join()
    print("both have it")
