"""UnpicklingError, garbage from a Pipe.

:Message: ``.recv()...UnpicklingError:``
:Asked as: garbage from Pipe when two processes send, UnpicklingError when two processes
    send to a pipe
:Cause: A Connection writes a message in pieces, and has no lock. When two processes, or
    two threads, send through the same end, their pieces mix, and the reader takes the
    middle of one message for the beginning of another. It may also wait for ever, or
    get a message that nobody sent.
:Fix: Let the writers share a Lock, or give each its own pipe; a Queue has one inside.
:Affects: every start method
:Outcome: raises UnpicklingError; mended, it prints all came
"""

from multiprocessing import Barrier, Lock, Pipe, Process
from typing import Any

EACH = 500


def work(end: Any, together: Any, lock: Any) -> None:
    together.wait()
    for _ in range(EACH):
        end.send(bytes(20_000))


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    together, lock = Barrier(2), Lock()
    for _ in range(2):
        Process(target=work, args=(writer, together, lock), daemon=True).start()
    for _ in range(2 * EACH):
        reader.recv()
    print("all came")
