"""A lock whose holder sleeps."""

import time
from multiprocessing import Event, Lock, Process
from typing import Any


def hold(lock: Any, held: Any) -> None:
    with lock:
        held.set()
        time.sleep(600)


if __name__ == "__main__":
    lock, held = Lock(), Event()
    process = Process(target=hold, args=(lock, held), daemon=True)
    process.start()
    held.wait()
    print("ready", flush=True)
    lock.acquire()
