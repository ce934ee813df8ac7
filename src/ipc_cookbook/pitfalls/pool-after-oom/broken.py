"""multiprocessing.Pool hangs when a worker is killed.

:Asked as: Pool hangs when a worker is killed, worker killed by OOM killer and program
    hangs, subprocess killed by OOM killer and program hangs, Pool hangs after
    segmentation fault
:Cause: A Pool starts a new worker for one that was killed, and forgets what the old one
    was working on. map waits for the result of that, for ever.
:Fix: Take ``ProcessPoolExecutor`` of concurrent.futures: it raises BrokenProcessPool as
    soon as one of its workers dies.
:Affects: every start method, Linux, macOS; for Windows it was not tried.
:Known as: python/cpython#96062
:Outcome: hangs; mended, it raises BrokenProcessPool
"""

import os
import signal
from multiprocessing import Pool


def work(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)  # the kernel does so when memory is short
    return number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(list(pool.map(work, range(8))))
