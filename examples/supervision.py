"""Keep worker processes running: one that dies is started again, up to a limit.

    python supervision.py --limit 3 --within 60 --pause 0.1 os:_exit 0 3

Each worker calls the function with one of the numbers. One that dies is started again,
after a pause that is twice as long each time. All is given up when one dies more often
than the limit allows within so many seconds.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Process, parent_process
from multiprocessing.connection import wait
from pkgutil import resolve_name
from threading import Thread
from typing import Any


def work(function: str, number: int, pause_s: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    time.sleep(pause_s)  # here, and not where the others are waited for
    resolve_name(function)(number)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("function", metavar="MODULE:FUNCTION")
    parser.add_argument("numbers", metavar="NUMBER", nargs="+", type=int)
    parser.add_argument("--limit", metavar="N", type=int, default=3, help="(3)")
    parser.add_argument("--within", metavar="S", type=float, default=60, help="(60)")
    parser.add_argument("--pause", metavar="S", type=float, default=0.1, help="(0.1)")
    args = parser.parse_args()
    running: dict[Any, tuple[int, Process]] = {}  # by the worker's sentinel
    deaths: dict[int, list[float]] = {number: [] for number in args.numbers}

    def start(number: int, pause_s: float) -> None:
        what = args.function, number, pause_s
        worker = Process(target=work, args=what, daemon=True)
        worker.start()
        running[worker.sentinel] = number, worker

    try:
        for number in args.numbers:
            start(number, 0)
        while running:
            for sentinel in wait([*running]):  # until one has ended
                number, worker = running.pop(sentinel)
                worker.join()
                if worker.exitcode == 0:
                    print(f"worker {number}: done", flush=True)
                    continue
                now = time.monotonic()
                recent = [at for at in deaths[number] if now - at < args.within]
                deaths[number] = [*recent, now]
                died = f"worker {number} died with status {worker.exitcode}"
                if len(recent) == args.limit:
                    sys.exit(f"{died} once too often: given up")
                pause_s = args.pause * 2 ** len(recent)
                print(f"{died}: again in {pause_s:g} s", flush=True)
                start(number, pause_s)
    finally:
        for _, worker in running.values():
            worker.kill()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
