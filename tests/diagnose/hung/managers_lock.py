""":Cause: the manager's lock is not released"""

import os
from multiprocessing import Manager, Process
from typing import Any


def die(lock: Any) -> None:
    lock.acquire()
    os._exit(1)


if __name__ == "__main__":
    manager = Manager()
    lock = manager.Lock()
    process = Process(target=die, args=(lock,))
    process.start()
    process.join()
    lock.acquire()
