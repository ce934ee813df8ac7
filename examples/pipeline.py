"""Three processes in a row: one reads, one splits, one counts.

    python pipeline.py LICENSE

These are the most frequent words of the files.
"""

import os
import re
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterable
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

CUT_OFF = 3  # the status of a stage whose neighbour has died


def read(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        try:
            with open(path, errors="replace") as file:
                yield from file
        except OSError as error:
            sys.exit(str(error))


def split(lines: Iterable[str]) -> Iterable[list[str]]:
    return (re.findall(r"\w+", line.lower()) for line in lines)


def run(stage: Callable[..., Iterable[Any]], source: Any, target: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    try:
        for item in stage(source if stage is read else iter(source.recv, None)):
            target.send(item)
        target.send(None)  # the end: a stage that dies does not say it
    except (EOFError, OSError):
        sys.exit(CUT_OFF)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("files", metavar="FILE", nargs="+")
    source = parser.parse_args().files
    processes: list[Process] = []
    for stage in read, split:
        receiver, target = Pipe(duplex=False)
        process = Process(target=run, args=(stage, source, target), daemon=True)
        process.name = stage.__name__
        with target:  # with our copy open, the pipe would not end when the stage does
            process.start()
        source, processes = receiver, [process, *processes]
    try:
        words = Counter(word for some in iter(source.recv, None) for word in some)
    except (EOFError, OSError):  # or in the middle of an item
        for process in processes:  # the last stage first: those behind the dead one end
            process.join()
            if process.exitcode != CUT_OFF:
                sys.exit(f"{process.name} died with status {process.exitcode}")
    print(*(f"{word}: {times}" for word, times in words.most_common(5)), sep="\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
