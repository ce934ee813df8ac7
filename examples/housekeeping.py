"""What every program in this folder needs around its own subject.

Copy it along with the program that you take home. It sees to it that a program ends with a
status and one line instead of a traceback, that Ctrl-C reaches the right process, and that
no process outlives the one that started it.
"""

import argparse
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing import Process, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import NoReturn, TypeVar

Result = TypeVar("Result")


def make_parser(description: str) -> argparse.ArgumentParser:
    """A parser that shows the description as it is, and whose errors are one line."""
    return argparse.ArgumentParser(
        description=description,
        usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line, with ``--start-method`` added, which is set."""
    add_start_method(parser)
    args = parser.parse_args()
    multiprocessing.set_start_method(args.start_method)
    return args


def add_start_method(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start-method",
        choices=multiprocessing.get_all_start_methods(),
        help="how processes are started (the platform's default)",
    )


def run(main: Callable[[], int]) -> NoReturn:
    """Run a program's main function and leave with its status.

    Ctrl-C is status 130, a closed standard output 141.
    """
    try:
        status = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        # Python flushes standard output once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)


@contextmanager
def running(processes: Sequence[Process]) -> Iterator[None]:
    """Start the processes, which leave Ctrl-C to us. Afterwards none of them is left."""
    try:
        with ctrl_c_is_for_us():
            for process in processes:
                process.daemon = True
                process.start()
        yield
    finally:
        stop(processes)


def stop(processes: Iterable[Process]) -> None:
    show_progress("")
    for process in processes:
        if process.pid is not None:  # it was started
            process.kill()
            process.join()


def as_they_end(
    processes: Sequence[Process], tick_s: float | None = None
) -> Iterator[Process | None]:
    """Yield each process when it has ended, and None whenever ``tick_s`` passed without an end."""
    left = list(processes)
    while left:
        ended = wait([process.sentinel for process in left], tick_s)
        if not ended:
            yield None
        for process in [process for process in left if process.sentinel in ended]:
            process.join()
            left.remove(process)
            yield process


@contextmanager
def ctrl_c_is_for_us() -> Iterator[None]:
    """Processes that are started in here inherit that Ctrl-C is ignored."""
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


def end_with_parent() -> None:
    """Let this process end when the one that started it has ended, in whatever way."""
    parent = parent_process()
    assert parent is not None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler of the parent is not for us

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def within(seconds: float, function: Callable[[], Result]) -> Result:
    """The function's result; TimeoutError if it is not there in time, whatever it waits for."""
    future: Future[Result] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except Exception as error:
            future.set_exception(error)

    Thread(target=call, daemon=True).start()
    return future.result(seconds)


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` of a command line."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def end_of(exitcode: int | None) -> str:
    """A process's ``exitcode`` in words."""
    if exitcode is not None and exitcode < 0:
        return f"was killed by {signal.Signals(-exitcode).name}"
    return f"ended with status {exitcode}"


def show_progress(text: str) -> None:
    """Show a line that the next one replaces, if somebody is looking."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line on standard error, in one piece, whoever else writes there."""
    show_progress("")
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
