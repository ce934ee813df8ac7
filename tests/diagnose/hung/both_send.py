""":Cause: both send"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send(bytes(10_000_000))
    end.recv()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    work(mine)
