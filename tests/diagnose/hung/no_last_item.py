""":Cause: nothing more comes"""

from multiprocessing import Process, Queue
from typing import Any


def work(queue: Any) -> None:
    while True:
        print(queue.get())


if __name__ == "__main__":
    queue: Any = Queue()
    workers = [Process(target=work, args=(queue,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    queue.put("a word")
    for worker in workers:
        worker.join()
