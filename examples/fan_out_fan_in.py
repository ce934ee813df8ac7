"""Tasks for several workers: each gets one whenever it is free.

    python fan_out_fan_in.py 50000 --workers 3

A task is ten thousand numbers, and its answer is how many of them are primes.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from contextlib import suppress
from itertools import islice
from math import isqrt
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any


def primes(numbers: range) -> int:
    return sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in numbers)


def work(task: range, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent has gone
        while True:
            pipe.send(primes(task))
            task = pipe.recv()


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("below", metavar="NUMBER", type=int)
    parser.add_argument("--workers", metavar="N", type=int, default=os.cpu_count() or 1)
    args, total, done = parser.parse_args(), 0, 0
    numbers = range(2, args.below)
    tasks = (numbers[at : at + 10_000] for at in range(0, len(numbers), 10_000))
    crew: dict[Any, Process] = {}
    busy: dict[Any, range] = {}
    for task in islice(tasks, args.workers):
        ours, theirs = Pipe()
        crew[ours] = Process(target=work, args=(task, theirs), daemon=True)
        with theirs:  # with our copy open, the pipe would not end when the worker does
            crew[ours].start()
        busy[ours] = task
    while busy:
        ready: list[Any] = wait(list(busy))
        for worker in ready:
            task = busy.pop(worker)
            try:
                count = worker.recv()
            except (EOFError, OSError):
                crew[worker].join()
                count = f"lost, the worker died with status {crew[worker].exitcode}"
            else:
                total, done = total + count, done + len(task)
                for new in islice(tasks, 1):
                    busy[worker] = new
                    with suppress(OSError):
                        worker.send(new)
            print(f"{task[0]} to {task[-1]}: {count}", flush=True)
    if done < len(numbers):
        sys.exit("not all are counted")
    print(f"in all: {total}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
