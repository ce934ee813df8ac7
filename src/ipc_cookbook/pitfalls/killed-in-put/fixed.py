"""Put into a manager's queue, where a message is whole or not there."""

from multiprocessing import Manager, Process
from queue import Empty
from typing import Any


def work(queue: Any) -> None:
    queue.put(bytes(10_000_000))


if __name__ == "__main__":
    queue: Any = Manager().Queue()
    process = Process(target=work, args=(queue,))
    process.start()
    while queue.empty():
        pass  # until the first bytes are there
    process.kill()
    process.join()
    try:
        print(len(queue.get(timeout=1)), "bytes")
    except Empty:
        print("nothing within a second")
