"""Take the pool that notices the death of a worker."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor as Pool


def work(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)  # the kernel does so when memory is short
    return number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(list(pool.map(work, range(8))))
