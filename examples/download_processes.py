"""Two downloads at the same time, each in a process of its own.

    python examples/download_processes.py
    python examples/download_processes.py --seconds 1 2 --start-method spawn

A process shares no memory with the one that started it, so each sends its outcome through a
pipe. A process that dies sends nothing: then the pipe ends, which is an outcome as well.
"""

import argparse
import os
import time
from contextlib import suppress
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path

import downloading
import workers
from command_line import run
from downloading import Outcome, Published, download


def fetch(file: Published, folder: Path, args: argparse.Namespace, sender: Connection) -> None:
    """What each process does."""
    workers.end_with_parent()
    outcome = download(f"Process {os.getpid()}", file, folder, args)
    with suppress(BrokenPipeError):  # who started this was killed
        sender.send(outcome)


def start(
    file: Published, folder: Path, args: argparse.Namespace
) -> tuple[Published, Process, Connection]:
    receiver, sender = Pipe(duplex=False)
    with sender:  # the process has its own; with ours open, the pipe would never end
        process = Process(target=fetch, args=(file, folder, args, sender))
        workers.start(process)
    return file, process, receiver


def result(file: Published, process: Process, receiver: Connection, begin: float) -> Outcome:
    try:
        outcome: Outcome = receiver.recv()
    except EOFError:
        process.join()
        outcome = Outcome(file.name, begin, time.perf_counter())
        outcome.error = f"process {process.pid} {workers.end_of(process)}"
        downloading.report_failure(outcome)
    process.join()
    return outcome


def main() -> int:
    args = downloading.parse(downloading.make_parser(__doc__), by_processes=True)
    with downloading.offered_files(args) as (files, folder):
        begin = time.perf_counter()
        started: list[tuple[Published, Process, Connection]] = []
        try:
            with workers.ctrl_c_is_for_us():
                started.extend(start(file, folder, args) for file in files)
            outcomes = [result(*each, begin) for each in started]
        finally:
            for _, process, _ in started:
                workers.stop(process)
        return downloading.conclude(outcomes, begin)


if __name__ == "__main__":
    run(main)
