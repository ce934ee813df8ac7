"""The end of a pipe is seen once every copy of the other end is closed, and not before."""

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def die(end: Connection) -> None:
    end.close()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=die, args=(theirs,))
    process.start()
    process.join()
    print("the other process has ended; is there anything to receive?", mine.poll(1))
    theirs.close()
    print("our own copy of its end is closed; and now?", mine.poll(1))
    try:
        mine.recv()
    except EOFError:
        print("EOFError")
    mine.close()
