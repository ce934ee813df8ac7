"""Two downloads at the same time, each in a thread of a class of our own.

    python examples/download_thread_class.py
    python examples/download_thread_class.py --seconds 1 2 --into .

What differs from download_threads.py: the thread is an object that knows its file, keeps
its outcome, and can be told to stop.
"""

import argparse
import time
from pathlib import Path
from threading import Event, Thread

import downloading
from command_line import run
from downloading import Outcome, Published


class Download(Thread):
    """Fetches one file. ``outcome`` is there once the thread has been joined."""

    outcome: Outcome

    def __init__(self, file: Published, folder: Path, args: argparse.Namespace) -> None:
        super().__init__(name=f"for-{file.url.rpartition('.')[2]}")
        self.file, self.folder, self.args = file, folder, args
        self.must_stop = Event()

    def run(self) -> None:
        who = f"Thread {self.name}"
        self.outcome = downloading.download(
            who, self.file, self.folder, self.args, self.must_stop.is_set
        )

    def stop(self) -> None:
        self.must_stop.set()


def main() -> int:
    args = downloading.parse(downloading.make_parser(__doc__))
    with downloading.offered_files(args) as (files, folder):
        begin = time.perf_counter()
        downloads = [Download(file, folder, args) for file in files]
        try:
            for thread in downloads:
                thread.start()
            for thread in downloads:
                thread.join()
        except BaseException:
            for thread in downloads:
                thread.stop()
            for thread in filter(Thread.is_alive, downloads):
                thread.join()
            raise
        return downloading.conclude([thread.outcome for thread in downloads], begin)


if __name__ == "__main__":
    run(main)
