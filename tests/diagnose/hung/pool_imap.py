""":Cause: the Pool lost a task"""

import os
from multiprocessing import Pool


def work(number: int) -> int:
    if number == 1:
        os._exit(1)
    return number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(*pool.imap(work, range(4)))
