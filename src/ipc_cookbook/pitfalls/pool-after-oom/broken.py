"""multiprocessing.Pool hangs when a worker is killed.

:Asked as: Pool map hangs worker killed out of memory, Pool hangs forever OOM killer, Pool worker
    dies map hangs, Pool hangs segfault in worker
:Cause: A Pool starts a new worker for one that was killed, and forgets what the old one was
    working on. map waits for the result of that, for ever.
:Fix: Take ``ProcessPoolExecutor`` of concurrent.futures: it raises BrokenProcessPool as soon as
    one of its workers dies.
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
