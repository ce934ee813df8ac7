""":Cause: lock taken twice"""

from multiprocessing import Lock, Process
from typing import Any


def work(lock: Any) -> None:
    with lock, lock:
        print("working")


if __name__ == "__main__":
    lock = Lock()
    process = Process(target=work, args=(lock,))
    process.start()
    process.join()
