""":Cause: order of locks"""

from multiprocessing import Barrier, Process, RLock
from typing import Any


def work(first: Any, second: Any, both_have_one: Any) -> None:
    with first:
        both_have_one.wait()
        with second:
            print("working")


if __name__ == "__main__":
    one, two, both = RLock(), RLock(), Barrier(2)
    workers = [
        Process(target=work, args=(one, two, both)),
        Process(target=work, args=(two, one, both)),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
