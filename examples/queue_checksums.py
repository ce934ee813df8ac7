"""SHA-256 of all files in a folder, computed by several processes, in the order of the names.

    python examples/queue_checksums.py FOLDER
    python examples/queue_checksums.py FOLDER --workers 4 > SHA256SUMS

A file that cannot be read, or on which a worker dies, is reported and left out: status 1.
"""

import atexit
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from multiprocessing import Process, Queue, RawArray
from queue import Empty
from typing import Any

import command_line
import workers
from command_line import complain, say

Answer = tuple[int, str, str]  # number, checksum, problem
LOOK_S = 0.1  # how long to wait for an answer before looking who has died


def checksum(path: str) -> str:
    if not stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO may take for ever
        raise OSError("not a regular file")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def work(me: int, tasks: "Queue[Any]", answers: "Queue[Any]", holding: Any) -> None:
    """Do tasks for ever. ``holding[me]`` is the number of the latest one."""
    workers.end_with_parent()
    while True:
        number, path = tasks.get()
        holding[me] = number
        try:
            answers.put((number, checksum(path), ""))
        except OSError as error:
            answers.put((number, "", error.strerror or str(error)))


def run_crew(left: dict[int, str], size: int) -> Iterator[Answer]:
    """Yield answers while something is left, or until a worker dies: its queues may be stuck."""
    tasks: Queue[Any] = Queue()
    answers: Queue[Any] = Queue()
    holding = RawArray("q", [-1] * size)
    crew = [Process(target=work, args=(me, tasks, answers, holding)) for me in range(size)]
    tasks.cancel_join_thread()  # what nobody takes any more must not hold us up
    atexit.register(tasks.close)  # not before: its thread would clean up, and be cut short
    with workers.running(crew):
        for task in left.items():
            tasks.put(task)
        while left:  # all answers are taken before any worker is joined
            dead = [me for me in range(size) if crew[me].exitcode is not None]
            try:
                yield answers.get(timeout=LOOK_S)
            except Empty:
                if dead and holding[dead[0]] < 0:
                    sys.exit("a worker died before it began")
                if dead:
                    yield holding[dead[0]], "", f"its worker {workers.end_of(crew[dead[0]])}"
                    return


def in_order(paths: list[str], size: int) -> Iterator[Answer]:
    """Yield the answers for all paths in their order, by as many crews as it takes."""
    left, early, following = dict(enumerate(paths)), dict[int, Answer](), 0
    while left:
        for answer in run_crew(left, min(size, len(left))):
            if left.pop(answer[0], None):
                early[answer[0]] = answer
            while following in early:
                yield early.pop(following)
                following += 1


def main() -> int:
    parser = command_line.make_parser(__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=command_line.folder)
    parser.add_argument(
        "--workers", metavar="N", type=command_line.between(1, 256), default=os.cpu_count()
    )
    args = command_line.parse(parser)
    troubles: list[OSError] = []
    walk = os.walk(args.folder, onerror=troubles.append)
    paths = sorted(os.path.join(folder, name) for folder, _, names in walk for name in names)
    with command_line.progress(len(paths), "files") as show:
        for number, digest, problem in in_order(paths, args.workers):
            show(number + 1)
            if digest:
                say(f"{digest}  {paths[number]}")
            else:
                troubles.append(OSError(0, problem, paths[number]))
    for trouble in troubles:
        complain(f"{trouble.filename}: {trouble.strerror}")
    return 1 if troubles else 0


if __name__ == "__main__":
    command_line.run(main)
