"""Both processes hang in send().

:Asked as: pipe send hangs with large message, pipe send hangs with large object, pipe
    send hangs with large job, pipe send blocking at the same time
:Cause: A pipe holds little, on Linux 64 to some 200 KiB, and send waits until the rest
    has been read. Both processes send before they read, so each waits for the other.
:Fix: Let one of the two receive first.
:Affects: every start method; small messages fit into the pipe, and hide the fault.
:Outcome: hangs; mended, it prints both have it
"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    end.send(bytes(1_000_000))
    end.recv()


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    mine.send(bytes(1_000_000))
    mine.recv()
    process.join()
    print("both have it")
