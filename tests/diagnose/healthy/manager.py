"""A Manager's server whose lock is held by a process that sleeps."""

import time
from multiprocessing import Manager, Process
from typing import Any


def hold(lock: Any, held: Any) -> None:
    with lock:
        held.set()
        time.sleep(600)


if __name__ == "__main__":
    manager = Manager()
    lock, held = manager.Lock(), manager.Event()
    process = Process(target=hold, args=(lock, held), daemon=True)
    process.start()
    held.wait()
    print("ready", flush=True)
    lock.acquire()
