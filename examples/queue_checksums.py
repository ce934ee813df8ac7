"""SHA-256 of all files in a folder, computed by several processes, in the order of the names.

    python examples/queue_checksums.py FOLDER
    python examples/queue_checksums.py FOLDER --workers 4 > SHA256SUMS

A file that cannot be read, or on which a worker dies, is reported and left out: status 1.
"""

import hashlib
import os
import stat
import sys
from multiprocessing import Process, Queue, RawArray
from threading import Thread
from typing import Any

import housekeeping
from housekeeping import complain, end_of, show_progress


def work(me: int, tasks: "Queue[Any]", answers: "Queue[Any]", holding: Any) -> None:
    """Take files until None comes. ``holding[me]`` is the number of the latest one."""
    housekeeping.end_with_parent()
    for number, path in iter(tasks.get, None):
        holding[me] = number
        digest, problem = "", ""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO may take for ever
                raise OSError("not a regular file")
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            problem = error.strerror or str(error)
        answers.put((number, digest, problem))


def run_crew(paths: list[str], done: dict[int, tuple[str, str]], size: int) -> None:
    """Fill ``done``. If a worker dies, its file is done with, the rest is for another crew."""
    tasks: Queue[Any] = Queue()
    answers: Queue[Any] = Queue()
    holding = RawArray("q", [-1] * size)
    tasks.cancel_join_thread()  # what nobody takes any more must not hold us up

    def collect() -> None:  # before any worker is joined: it cannot end with answers in hand
        for number, digest, problem in iter(answers.get, None):
            done[number] = digest, problem
            show_progress(f"{len(done)} of {len(paths)}")

    crew = [Process(target=work, args=(me, tasks, answers, holding)) for me in range(size)]
    with housekeeping.running(crew):
        collector = Thread(target=collect, daemon=True)
        collector.start()
        for task in [*(task for task in enumerate(paths) if task[0] not in done), *[None] * size]:
            tasks.put(task)
        for worker in housekeeping.as_they_end(crew):
            if worker and worker.exitcode:
                number = holding[crew.index(worker)]
                if number < 0:
                    sys.exit("a worker died before it began")
                done.setdefault(number, ("", f"its worker {end_of(worker.exitcode)}"))
                return  # a lock may have died as well: nobody uses these queues again
        answers.put(None)
        collector.join()


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N")
    args = housekeeping.parse(parser)
    if not os.path.isdir(args.folder) or args.workers < 1:
        parser.error(f"FOLDER must be one ({args.folder}), and --workers 1 or more")
    unreadable: list[OSError] = []
    walk = os.walk(args.folder, onerror=unreadable.append)
    paths = sorted(os.path.join(folder, name) for folder, _, names in walk for name in names)
    done: dict[int, tuple[str, str]] = {}
    while len(done) < len(paths):
        run_crew(paths, done, min(args.workers, len(paths) - len(done)))
    for number, path in enumerate(paths):
        digest, problem = done[number]
        if digest:
            sys.stdout.buffer.write(os.fsencode(f"{digest}  {path}\n"))
        else:
            complain(f"{path}: {problem}")
    for error in unreadable:
        complain(f"{error.filename}: {error.strerror}")
    return 1 if unreadable or any(problem for _, problem in done.values()) else 0


if __name__ == "__main__":
    housekeeping.run(main)
