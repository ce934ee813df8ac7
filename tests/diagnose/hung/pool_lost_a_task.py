""":Cause: the Pool lost a task"""

import os
import signal
from multiprocessing import Pool


def work(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


if __name__ == "__main__":
    with Pool(3) as pool:
        pool.map(work, range(10), chunksize=1)
