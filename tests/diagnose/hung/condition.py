""":Cause: nobody is left to wake it"""

from multiprocessing import Condition, Pipe, Process
from typing import Any


def work(condition: Any, end: Any) -> None:
    end.recv()
    with condition:
        condition.wait()


if __name__ == "__main__":
    condition, (mine, theirs) = Condition(), Pipe()
    process = Process(target=work, args=(condition, theirs))
    process.start()
    with condition:
        condition.notify()  # nobody was there yet
    mine.send("go on")
    process.join()
