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

import command_line
import workers

REDRAW_S = 0.1


def count(total: "Synchronized[int]", each: int, with_lock: bool, begin: BarrierType) -> None:
    workers.end_with_parent()
    begin.wait()  # all at the same moment
    for _ in range(each):
        # a unit of work goes here
        if with_lock:
            with total.get_lock():
                total.value += 1
        else:
            total.value += 1


def main() -> int:
    parser = command_line.make_parser(__doc__)
    add, whole = parser.add_argument, command_line.between
    add("--workers", type=whole(1, 256), default=2, metavar="N", help="how many (2)")
    add("--each", type=whole(1, 10**12), default=100_000, metavar="N", help="units (100000)")
    add("--without-lock", action="store_true", help="see what is lost")
    args = command_line.parse(parser)
    total, expected = Value("q", 0), args.workers * args.each
    common = total, args.each, not args.without_lock, Barrier(args.workers)
    crew = [Process(target=count, args=common) for _ in range(args.workers)]
    with workers.running(crew), command_line.progress(expected, "units") as show:
        for worker in workers.as_they_end(crew, REDRAW_S):
            show(total.get_obj().value)  # read without the lock, to hold nobody up
            if worker and worker.exitcode:  # the lock may have died with it: do not go on
                sys.exit(f"worker {worker.pid} {workers.end_of(worker)}: not all is counted")
    print(f"{total.value} of {expected} counted, {expected - total.value} lost")
    return 0 if args.without_lock or total.value == expected else 1


if __name__ == "__main__":
    command_line.run(main)
