"""One counter for several processes, shown as one progress bar.

    python value_counter.py --workers 2 --each 100000
    python value_counter.py --workers 2 --each 100000 --without-lock

``value += 1`` reads and then writes. Each of the two is safe, the pair is not: what
another process adds in between is lost. With the lock around both, the count is right
to the last unit.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from contextlib import nullcontext
from multiprocessing import Barrier, Process, Value, parent_process
from multiprocessing.connection import wait
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier as BarrierType
from threading import Thread
from typing import Any

try:
    import tqdm
except ImportError:
    tqdm = None  # type: ignore[assignment]


def count(
    total: "Synchronized[int]", each: int, with_lock: bool, begin: BarrierType
) -> None:
    leave_it_to_the_parent()
    begin.wait()  # all at the same moment
    for _ in range(each):
        # a unit of work goes here
        with total.get_lock() if with_lock else nullcontext():
            total.value += 1


def leave_it_to_the_parent() -> None:
    """To hear Ctrl-C, and to end us; unless it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()


def watch(crew: list[Process], total: "Synchronized[int]", expected: int) -> None:
    """Until all have ended, or one has died: the lock may have died with it."""
    running = {worker.sentinel: worker for worker in crew}
    progress: Any = nullcontext()
    if tqdm:
        progress = tqdm.tqdm(total=expected, unit=" units", disable=None)
    with progress as bar:
        while running:
            for sentinel in wait(list(running), timeout=0.1):
                worker = running.pop(sentinel)  # type: ignore[arg-type]
                worker.join()
                if code := worker.exitcode:
                    sys.exit(f"worker {worker.pid} died ({code}): not all is counted")
            if bar:  # without the lock: it holds nobody up
                bar.update(total.get_obj().value - bar.n)


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("--workers", type=int, default=2, metavar="N", help="how many (2)")
    add("--each", type=int, default=100_000, metavar="N", help="units (100000)")
    add("--without-lock", action="store_true", help="see what is lost")
    args = parser.parse_args()
    total, expected = Value("q", 0), args.workers * args.each
    common = total, args.each, not args.without_lock, Barrier(args.workers)
    workers = range(args.workers)
    crew = [Process(target=count, args=common, daemon=True) for _ in workers]
    for worker in crew:
        worker.start()
    watch(crew, total, expected)
    print(f"{total.value} of {expected} counted, {expected - total.value} lost")
    return 0 if args.without_lock or total.value == expected else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
