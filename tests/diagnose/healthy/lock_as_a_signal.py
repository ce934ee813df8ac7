"""A Lock that one process takes and another one releases, in time."""

import time
from multiprocessing import Lock, Process
from typing import Any


def release(lock: Any) -> None:
    print("ready", flush=True)
    time.sleep(600)
    lock.release()


if __name__ == "__main__":
    lock = Lock()
    lock.acquire()
    process = Process(target=release, args=(lock,), daemon=True)
    process.start()
    lock.acquire()
