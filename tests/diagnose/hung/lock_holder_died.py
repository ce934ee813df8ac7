""":Cause: lock holder died"""

import os
from multiprocessing import Lock, Process
from typing import Any


def die(lock: Any) -> None:
    lock.acquire()
    os._exit(1)


def work(lock: Any) -> None:
    with lock:
        print("working")


if __name__ == "__main__":
    lock = Lock()
    dying = Process(target=die, args=(lock,))
    dying.start()
    dying.join()
    workers = [Process(target=work, args=(lock,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
