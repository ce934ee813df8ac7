""":Cause: threads wait for one another"""

from threading import Barrier, Lock, Thread
from typing import Any

both_have_one = Barrier(2)


def work(first: Any, second: Any) -> None:
    with first:
        both_have_one.wait()
        with second:
            print("working")


if __name__ == "__main__":
    one, two = Lock(), Lock()
    threads = [Thread(target=work, args=(one, two)), Thread(target=work, args=(two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
