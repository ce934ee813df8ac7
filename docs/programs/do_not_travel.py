"""Three things that do not travel to another process."""

import multiprocessing
import threading
from collections.abc import Callable


def work(thing: object) -> None:
    pass


def start_with(thing: object) -> None:
    spawn.Process(target=work, args=(thing,)).start()


def report(mistake: Callable[[], None]) -> None:
    try:
        mistake()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    fork = multiprocessing.get_context("fork")
    here, there = spawn.Pipe()
    report(lambda: start_with(threading.Lock()))
    report(lambda: start_with(fork.Lock()))
    report(lambda: here.send(spawn.Queue()))
