"""Whether a parent hears that its child has died: its own copy of the end decides."""

import os
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def crash(end: Connection) -> None:
    os._exit(1)


if __name__ == "__main__":
    for closes in False, True:
        mine, theirs = Pipe()
        process = Process(target=crash, args=(theirs,))
        process.start()
        if closes:
            theirs.close()
        process.join()
        print("closed after start():", closes)
        try:
            print(mine.recv() if mine.poll(1) else "the child is dead, and recv waits")
        except EOFError:
            print("EOFError at once")
