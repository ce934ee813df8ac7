"""EOFError never comes: recv() blocks after the child died.

:Asked as: pipe recv hangs after child died, EOFError never comes, pipe read hangs since
    the pipe is never closed
:Cause: The end of a pipe is reported when the last copy of the other end is closed. The
    parent has such a copy itself: the one that it gave to the child. With fork every
    process that was started later has one as well.
:Fix: Close the child's end in the parent as soon as the child is started.
:Affects: every start method
:Outcome: hangs; mended, it prints the end
"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send("one")
    end.close()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    try:
        while True:
            print(mine.recv())
    except EOFError:
        print("the end")
    process.join()
