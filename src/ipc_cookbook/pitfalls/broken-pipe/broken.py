"""BrokenPipeError: [Errno 32] Broken pipe.

:Message: ``multiprocessing/connection.py...BrokenPipeError: [Errno 32] Broken pipe``,
    ``multiprocessing/queues.py...BrokenPipeError: [Errno 32] Broken pipe``,
    ``multiprocessing/managers.py...BrokenPipeError: [Errno 32] Broken pipe``
:Asked as: broken pipe when sending to child process, broken pipe in connection send
:Cause: The process at the other end has ended, or has closed its end, and there is more
    to send. The error is shown where something is sent; the reason is over there: look
    for what that process said last.
:Fix: Let the other process read until all has come, and look for why it ended.
:Affects: every start method, Linux, macOS; on Windows the number is another one.
:Outcome: raises BrokenPipeError; mended, it prints 1000000 bytes
"""

from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    print(len(end.recv()), "bytes")


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    for _ in range(2):
        mine.send(bytes(1_000_000))
    process.join()
