""":Cause: join before drain"""

from multiprocessing import Process, Queue
from typing import Any


def work(queue: Any) -> None:
    for _ in range(100):
        queue.put(bytes(10_000))


if __name__ == "__main__":
    queue: Any = Queue()
    process = Process(target=work, args=(queue,))
    process.start()
    process.join()
