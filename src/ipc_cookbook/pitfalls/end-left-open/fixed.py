"""Close the child's end in the parent."""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send("one")
    end.close()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    try:
        while True:
            print(mine.recv())
    except EOFError:
        print("the end")
    process.join()
