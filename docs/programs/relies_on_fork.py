"""A program that relies on fork, and does not say so."""

import multiprocessing
import threading
from collections.abc import Callable

number = 1


def work(lock: object = None) -> None:
    print(f"the child's number is {number}", flush=True)


def start(target: Callable[..., None], *arguments: object) -> None:
    process = multiprocessing.Process(target=target, args=arguments)
    try:
        process.start()
        process.join()
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)


def main() -> None:
    def inside() -> None:
        work()

    start(work)
    start(inside)
    start(work, threading.Lock())


if __name__ == "__main__":
    number = 2
    method = multiprocessing.get_start_method()
    print(f"the parent's number is {number}, it uses {method}", flush=True)
    main()
