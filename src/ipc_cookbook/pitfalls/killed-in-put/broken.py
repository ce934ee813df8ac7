"""Queue.get(timeout=1) never returns.

:Asked as: queue get with timeout hangs, queue get timeout is ignored, queue get hangs
    after worker was killed, queue get hangs on subprocess death
:Cause: What is put goes through a pipe: first its length, then its bytes. A process
    that was killed in the middle has written less than it announced. The timeout of get
    ends with the first byte; then it reads on, for bytes that nobody will write.
:Fix: Put into a manager's queue: there a message is whole before it is in the queue.
:Affects: every start method, Linux, macOS; for Windows it was not tried.
:Outcome: hangs; mended, it prints 10000000 bytes
"""

from multiprocessing import Process, Queue
from queue import Empty
from typing import Any


def work(queue: Any) -> None:
    queue.put(bytes(10_000_000))


if __name__ == "__main__":
    queue: Any = Queue()
    process = Process(target=work, args=(queue,))
    process.start()
    while queue.empty():
        pass  # until the first bytes are there
    process.kill()
    process.join()
    try:
        print(len(queue.get(timeout=1)), "bytes")
    except Empty:
        print("nothing within a second")
