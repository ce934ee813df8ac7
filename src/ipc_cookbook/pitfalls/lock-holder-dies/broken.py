"""All workers wait for a lock for ever.

:Asked as: worker killed and lock never released, multiprocessing lock of a process that
    dies, semaphore never released after worker died
:Cause: A Lock of multiprocessing is a semaphore in shared memory: a number that acquire
    takes down and release puts up. It does not know who holds it. A process that is
    killed in between never puts it up, and nobody else knows that they should.
:Fix: Where a holder may be killed, lock a file instead: the kernel lets go of that lock
    as the process ends.
:Affects: every start method, Linux, macOS
:Known as: python/cpython#88304
:Outcome: hangs; mended, it prints working
"""

import os
import signal
from multiprocessing import Lock, Process
from typing import Any


def work(lock: Any, is_unlucky: bool) -> None:
    with lock:
        if is_unlucky:
            # the kernel does so when memory is short
            os.kill(os.getpid(), signal.SIGKILL)
        print("working")


if __name__ == "__main__":
    lock = Lock()
    for is_unlucky in True, False:
        process = Process(target=work, args=(lock, is_unlucky))
        process.start()
        process.join()
