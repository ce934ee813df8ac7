""":Cause: both receive"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.recv()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    work(mine)
