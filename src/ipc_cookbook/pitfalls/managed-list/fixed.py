"""Assign the changed list, so that it goes to the manager."""

from multiprocessing import Manager, Process
from typing import Any


def work(shared: Any) -> None:
    shared["a"] += [1]


if __name__ == "__main__":
    with Manager() as manager:
        shared: Any = manager.dict(a=[])
        process = Process(target=work, args=(shared,))
        process.start()
        process.join()
        print(shared["a"])
