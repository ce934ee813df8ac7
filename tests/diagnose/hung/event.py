""":Cause: nobody is left to wake it"""

from multiprocessing import Event, Pipe, Process
from typing import Any


def work(event: Any, end: Any) -> None:
    end.recv()
    event.wait()


if __name__ == "__main__":
    event, (mine, theirs) = Event(), Pipe()
    process = Process(target=work, args=(event, theirs))
    process.start()
    event.set()
    event.clear()  # nobody was there yet
    mine.send("go on")
    process.join()
