"""SHA-256 of all files in a folder, by several processes, in the order of the names.

    python queue_checksums.py FOLDER
    python queue_checksums.py FOLDER --workers 4 > SHA256SUMS

A file that cannot be read is left out. If a worker dies, a lock may be lost: all ends.
"""

import hashlib
import os
import signal
import stat
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Iterator
from multiprocessing import Process, Queue, parent_process
from queue import Empty
from threading import Thread
from typing import Any


def work(tasks: "Queue[Any]", answers: "Queue[Any]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    for number, path in iter(tasks.get, None):
        try:
            answers.put((number, (checksum(path), "")))
        except OSError as error:
            answers.put((number, ("", error.strerror)))


def checksum(path: str) -> str:
    if not stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO may take for ever
        raise OSError(0, "not a regular file")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def answers_in_order(paths: list[str], size: int) -> Iterator[tuple[str, str]]:
    tasks, answers = Queue(), Queue()  # type: ignore[var-annotated]
    tasks.cancel_join_thread()  # what nobody takes any more must not hold us up
    common = tasks, answers
    crew = [Process(target=work, args=common, daemon=True) for _ in range(size)]
    for worker in crew:
        worker.start()
    for task in [*enumerate(paths), *[None] * size]:
        tasks.put(task)
    early: dict[int, tuple[str, str]] = {}
    for number in range(len(paths)):
        while number not in early:  # all answers are taken before any worker is joined
            try:
                early.update([answers.get(timeout=0.1)])
            except Empty:
                if dead := [worker.pid for worker in crew if worker.exitcode]:
                    sys.exit(f"worker {dead[0]} died, and its task with it")
        yield early.pop(number)
    for worker in crew:
        worker.join(1)  # it may not even have begun; or a lock is lost, and it waits


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--workers", metavar="N", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if sys.stdout:  # for any name
        sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    troubles: list[object] = []
    walk = os.walk(args.folder, onerror=troubles.append)
    paths = sorted(os.path.join(top, name) for top, _, names in walk for name in names)
    results = answers_in_order(paths, args.workers)
    for path, (digest, problem) in zip(paths, results, strict=True):
        print(f"{digest}  {path}") if digest else troubles.append(f"{path}: {problem}")
    print(*troubles, sep="\n", end="\n" if troubles else "", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        os._exit(130)  # at once: nothing of the queues is to be waited for
