"""Catch the exception in the child, and send it as the answer."""

from multiprocessing import Process, Queue
from typing import Any


def work(results: Any) -> None:
    try:
        results.put(1 / 0)
    except Exception as error:
        results.put(error)


if __name__ == "__main__":
    results: Any = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    print(results.get())
    process.join()
