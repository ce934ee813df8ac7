"""One counter for several processes, shown as one progress bar.

    python examples/value_counter.py --workers 2 --each 100000
    python examples/value_counter.py --workers 2 --each 100000 --without-lock

``value += 1`` reads and then writes. Each of the two is safe, the pair is not: what another
process adds in between is lost. With the lock around both, the count is right to the last unit.
"""

import sys
from multiprocessing import Barrier, Process, Value
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier as BarrierType

import housekeeping
from housekeeping import end_of, show_progress

REDRAW_S = 0.1


def count(total: "Synchronized[int]", each: int, with_lock: bool, start: BarrierType) -> None:
    housekeeping.end_with_parent()
    start.wait()  # all begin at the same moment
    for _ in range(each):
        # a unit of work goes here
        if with_lock:
            with total.get_lock():
                total.value += 1
        else:
            total.value += 1


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="how many (2)")
    parser.add_argument("--each", type=int, default=100_000, metavar="N", help="units (100000)")
    parser.add_argument("--without-lock", action="store_true", help="see what is lost")
    args = housekeeping.parse(parser)
    if args.workers < 1 or args.each < 1:
        parser.error("--workers and --each must be 1 or more")
    total, expected = Value("q", 0), args.workers * args.each
    common = total, args.each, not args.without_lock, Barrier(args.workers)
    workers = [Process(target=count, args=common) for _ in range(args.workers)]
    with housekeeping.running(workers):
        for worker in housekeeping.as_they_end(workers, REDRAW_S if sys.stderr.isatty() else None):
            if worker and worker.exitcode:  # the lock may have died with it: do not go on
                sys.exit(f"worker {worker.pid} {end_of(worker.exitcode)}: not all is counted")
            so_far = total.get_obj().value  # read without the lock, to hold nobody up
            show_progress(f"[{'#' * (40 * so_far // expected):.<40}] {so_far} of {expected}")
    print(f"{total.value} of {expected} counted, {expected - total.value} lost")
    return 0 if args.without_lock or total.value == expected else 1


if __name__ == "__main__":
    housekeeping.run(main)
