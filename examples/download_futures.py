"""Two downloads at the same time, by threads or processes: one word decides.

    python examples/download_futures.py --by threads
    python examples/download_futures.py --by processes --seconds 1 2

A future is a result that is not there yet. An executor starts the workers, hands out the
work, and brings results and exceptions back, so no pipe, list, or join is written here.
"""

import argparse
import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

import downloading
from command_line import run
from downloading import Outcome, Published
from workers import ctrl_c_is_for_us, end_with_parent

StopEvent = threading.Event | ProcessEvent
must_stop: StopEvent


def prepare_worker(event: StopEvent) -> None:
    """Once in every worker, before its first download."""
    global must_stop
    must_stop = event
    if multiprocessing.parent_process() is not None:
        end_with_parent()


def fetch(file: Published, folder: Path, args: argparse.Namespace) -> Outcome:
    who = f"Process {os.getpid()}, thread {threading.current_thread().name}"
    return downloading.download(who, file, folder, args, must_stop.is_set)


def main() -> int:
    parser = downloading.make_parser(__doc__)
    parser.add_argument("--by", choices=("processes", "threads"), default="processes")
    args = downloading.parse(parser, by_processes=True)
    stop_event: StopEvent
    executor: Executor
    with downloading.offered_files(args) as (files, folder):
        if args.by == "threads":
            stop_event = threading.Event()
            executor = ThreadPoolExecutor(2, "", prepare_worker, (stop_event,))
        else:
            stop_event = multiprocessing.Event()
            executor = ProcessPoolExecutor(2, None, prepare_worker, (stop_event,))
        begin = time.perf_counter()
        with executor:
            try:
                with ctrl_c_is_for_us():
                    futures = [executor.submit(fetch, file, folder, args) for file in files]
                    executor.submit(os.getpid)  # only now does it watch the process started last
                outcomes = [future.result() for future in futures]
            except BrokenProcessPool:
                sys.exit("a worker died, and with it the executor gave up all its work")
            finally:
                stop_event.set()
        return downloading.conclude(outcomes, begin)


if __name__ == "__main__":
    run(main)
