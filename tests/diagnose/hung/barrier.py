""":Cause: nobody is left to wake it"""

from multiprocessing import Barrier, Process
from typing import Any


def work(barrier: Any, is_unlucky: bool) -> None:
    if not is_unlucky:
        barrier.wait()


if __name__ == "__main__":
    barrier = Barrier(3)
    workers = [Process(target=work, args=(barrier, number == 0)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
