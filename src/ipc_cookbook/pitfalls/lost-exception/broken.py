"""The child failed, and the parent waits for ever.

:Asked as: parent hangs when child raises exception, queue get hangs if worker fails,
    Queue hangs when process on other side dies
:Cause: An exception ends the child alone. Python prints it there, and tells the parent
    nothing. The parent waits for a message that nobody will send.
:Fix: Catch the exception in the child and send it as the answer.
:Affects: every start method; a child that is killed cannot do so: wait for its
    ``sentinel``, too.
:Known as: python/cpython#87971
:Outcome: hangs; mended, it prints division by zero
"""

from multiprocessing import Process, Queue
from typing import Any


def work(results: Any) -> None:
    results.put(1 / 0)


if __name__ == "__main__":
    results: Any = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    print(results.get())
    process.join()
