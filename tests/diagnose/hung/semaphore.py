""":Cause: nobody is left to wake it"""

from multiprocessing import Process, Semaphore
from typing import Any


def work(semaphore: Any) -> None:
    semaphore.acquire()


if __name__ == "__main__":
    semaphore = Semaphore(2)
    workers = [Process(target=work, args=(semaphore,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
