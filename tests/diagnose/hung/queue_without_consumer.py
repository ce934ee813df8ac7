""":Cause: queue without a consumer"""

import os
from multiprocessing import Process, Queue
from typing import Any


def consume(queue: Any) -> None:
    queue.get()
    os._exit(1)


if __name__ == "__main__":
    queue: Any = Queue(maxsize=4)
    process = Process(target=consume, args=(queue,))
    process.start()
    for number in range(1000):
        queue.put(number)
