"""A producer whose queue is full, and whose consumer is slow."""

import time
from multiprocessing import Process, Queue
from typing import Any


def consume(queue: Any) -> None:
    print(queue.get(), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    queue: Any = Queue(maxsize=2)
    process = Process(target=consume, args=(queue,), daemon=True)
    process.start()
    while True:
        queue.put("ready")
