"""A consumer that waits for a slow producer."""

import time
from multiprocessing import Process, Queue
from typing import Any


def produce(queue: Any) -> None:
    queue.put("ready")
    time.sleep(600)
    queue.put("another one")


if __name__ == "__main__":
    queue: Any = Queue()
    process = Process(target=produce, args=(queue,), daemon=True)
    process.start()
    print(queue.get(), flush=True)
    queue.get()
