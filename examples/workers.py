"""Processes that work for a program in this folder.

Copy it along with the program that you take home. It sees to it that Ctrl-C reaches the
program alone, and that no process outlives the one that started it, however that ended.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import Process, get_start_method, parent_process, resource_tracker
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")
Hire = Callable[[], Process]
Crew = AbstractContextManager[Callable[[], list[Process]]]


@contextmanager
def ctrl_c_is_for_us() -> Iterator[None]:
    """Hold Ctrl-C back until the end of this, and for ever from processes that are started in here.

    SIGTERM is held back as well, and those processes do not inherit our handler for it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    if get_start_method() != "fork":
        resource_tracker.ensure_running()  # now, because it ends with Ctrl-C let through
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    ours = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, ours)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def start(process: Process) -> None:
    process.daemon = True
    with ctrl_c_is_for_us():
        process.start()


def stop(process: Process) -> None:
    if process.pid is not None:  # it was started
        process.kill()
        process.join()


@contextmanager
def running(processes: Iterable[Process]) -> Iterator[None]:
    """Start the processes. Afterwards none of them is left."""
    try:
        for process in processes:
            start(process)
        yield
    finally:
        for process in processes:
            stop(process)


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
def crew_of(size: int, hire: Hire, most_deaths: int) -> Iterator[Callable[[], list[Process]]]:
    """Keep so many processes running. Yields a function that replaces the dead and returns them."""
    crew, deaths = [hire() for _ in range(size)], list[Process]()

    def replace_dead() -> list[Process]:
        dead = [process for process in crew if process.exitcode is not None]
        for process in dead:
            crew[crew.index(process)] = new = hire()
            start(new)
        deaths.extend(dead)
        if len(deaths) > most_deaths:
            sys.exit("the workers keep dying")
        return dead

    with running(crew):
        yield replace_dead


def end_with_parent() -> None:
    """Let this process end when the one that started it has ended, and not by Ctrl-C."""
    parent = parent_process()
    assert parent is not None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def end_of(process: Process) -> str:
    """How a process has ended, in words."""
    if process.exitcode is not None and process.exitcode < 0:
        return f"was killed by {signal.Signals(-process.exitcode).name}"
    return f"ended with status {process.exitcode}"


def within(seconds: float, function: Callable[[], Result]) -> Result:
    """The function's result; TimeoutError if it is not there in time, whatever it waits for."""
    future: Future[Result] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except Exception as error:
            future.set_exception(error)

    Thread(target=call, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
