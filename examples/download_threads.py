"""Two downloads at the same time, each in a thread of its own.

    python examples/download_threads.py
    python examples/download_threads.py --seconds 1 2 --into .

Threads share the memory of their process, so each simply adds its outcome to a list. While
a thread waits for bytes, Python lets another one run: for waiting, threads are enough.
A thread cannot be ended from outside. On Ctrl-C it is asked to stop.
"""

import time
from threading import Event, Thread, current_thread

import downloading
from command_line import run
from downloading import Outcome, Published


def main() -> int:
    args = downloading.parse(downloading.make_parser(__doc__))
    must_stop, outcomes = Event(), list[Outcome]()

    def fetch(file: Published) -> None:
        who = f"Thread {current_thread().name}"
        outcomes.append(downloading.download(who, file, folder, args, must_stop.is_set))

    with downloading.offered_files(args) as (files, folder):
        begin = time.perf_counter()
        threads = [Thread(target=fetch, args=(file,)) for file in files]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            must_stop.set()
            for thread in filter(Thread.is_alive, threads):
                thread.join()
            raise
        return downloading.conclude(outcomes, begin)


if __name__ == "__main__":
    run(main)
