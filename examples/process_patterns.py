"""Start several processes, watch them all, and leave none behind.

    python process_patterns.py 3 1 2
    python process_patterns.py 3 1 x

Each number is slept for by a process, which sends its double back.
One that cannot do it dies.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any


def work(text: str, sender: Connection) -> None:
    # in the process: Ctrl-C is for the parent alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # in the process: end with a parent that was killed
    parent: Any = parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    # in the process: the work
    if not text.isdecimal():
        sys.exit(f"{text} is no number")
    time.sleep(float(text))
    sender.send(2 * int(text))


def start(text: str) -> tuple[Process, Connection]:
    # in the parent: start, and close what is not ours
    receiver, sender = Pipe(duplex=False)
    process = Process(target=work, args=(text, sender), name=text, daemon=True)
    with sender:
        process.start()
    # in the parent: until here
    return process, receiver


def watch(started: list[tuple[Process, Connection]]) -> int:
    """Say what comes, as it comes. Returns how many processes died."""
    # in the parent: wait for all of them at once
    waiting = {receiver: process for process, receiver in started}
    deaths = 0
    while waiting:
        ready: list[Any] = wait(list(waiting))
        for receiver in ready:
            process = waiting.pop(receiver)
            try:
                print(f"{process.name}: {receiver.recv()}", flush=True)
            except (EOFError, OSError):  # or in the middle of a message
                process.join()
                status = process.exitcode
                print(f"{process.name}: died with status {status}", flush=True)
                deaths += 1
    # in the parent: all are done
    return deaths


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="NUMBER")
    args = parser.parse_args()
    return 1 if watch([start(text) for text in args.texts]) else 0


if __name__ == "__main__":
    # in the parent: Ctrl-C is a status, and no traceback
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    # that is all
