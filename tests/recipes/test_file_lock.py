"""What becomes of a lock on a file: its holder's death, its copies, its threads, a circle."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock

import pytest

from commands import needs_fork
from driver import CODE, run
from processes import child
from samples import why_not
from streams import LIMIT_S

if reason := why_not("file-lock"):
    pytest.skip(reason, allow_module_level=True)

from fcntl import LOCK_EX, LOCK_NB, flock, lockf

from ipc_cookbook.recipes.file_lock import HEADER, LockingEnd, open_pair

NEVER_S = 0.3
"""If nothing has happened for so long, it is said not to happen."""


@contextmanager
def new_file() -> Iterator[str]:
    with tempfile.NamedTemporaryFile() as file:
        yield file.name


def can_lock(descriptor: int, how: Callable[[int, int], object] = lockf) -> bool:
    """Whether it can be had at once; then it is had."""
    try:
        how(descriptor, LOCK_EX | LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


ASK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("locked")
    else:
        print("free")
"""


def looks(path: str, how: str = "lockf") -> str:
    """What another process sees, which has nothing of this one's."""
    return run(*CODE, ASK, path, how).stdout.strip()


def take_both(lock: Lock, path: str, tell: Connection[str, str]) -> None:
    with lock, open(path, "r+b") as file:
        lockf(file, LOCK_EX)
        tell.send("taken")
        signal.pause()


def test_a_killed_holder_keeps_a_lock_in_memory_and_not_one_on_a_file(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    lock = context.Lock()
    with (
        told,
        tell,
        new_file() as path,
        open(path, "r+b") as file,
        child(context, take_both, lock, path, tell) as process,
    ):
        assert told.poll(LIMIT_S)
        assert not lock.acquire(block=False)
        assert not can_lock(file.fileno())
        process.kill()
        process.join()
        assert can_lock(file.fileno())
        assert not lock.acquire(timeout=NEVER_S)


def receive(end: LockingEnd, tell: Connection[str, str]) -> None:
    try:
        with end:
            tell.send("entered")
            end.recv()
    except EOFError:
        tell.send("EOFError")
    except OSError as error:
        tell.send("EDEADLK" if error.errno == errno.EDEADLK else repr(error))


def write_and_die(end: LockingEnd, payload: bytes) -> None:
    """Die in the middle of ``send``: all is written, nothing is let go; or before it."""
    with end:
        if payload:
            os.pwrite(end.file, HEADER.pack(1, len(payload)) + payload, 0)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("payload", [b"", b"hello"], ids=["nothing written", "written"])
def test_what_was_written_before_the_death_counts(payload: bytes, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with (
        open_pair(context, 5) as (theirs, ours),
        child(context, write_and_die, theirs, payload),
        ours,
    ):
        if payload:
            assert ours.recv() == (1, payload)
            ours.send((2, b""))
        with pytest.raises(EOFError):
            ours.recv()


@pytest.mark.parametrize("whose", ["a copy", "of the file", "of another file"])
def test_any_descriptor_of_the_file_that_is_closed_hands_over_the_turn(
    whose: str, start_method: str
) -> None:
    """It was only looked into, by a line that knows nothing of locks."""
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    with (
        told,
        tell,
        new_file() as another,
        open_pair(context, 0) as (ours, theirs),
        child(context, receive, theirs, tell),
        ours,
    ):
        assert told.poll(LIMIT_S)
        assert told.recv() == "entered"
        assert not told.poll(NEVER_S)
        if whose == "a copy":
            os.close(os.dup(ours.file))
        else:
            with open(ours.path if whose == "of the file" else another, "rb") as file:
                file.read()
        if whose == "of another file":
            assert not told.poll(NEVER_S)
        else:
            assert told.poll(LIMIT_S)
            assert told.recv() == "EOFError"


def tell_whether_locked(descriptor: int, tell: Connection[bool, bool]) -> None:
    tell.send(can_lock(descriptor))


@needs_fork
def test_a_forked_child_has_the_descriptor_and_not_the_lock() -> None:
    context = multiprocessing.get_context("fork")
    told, tell = context.Pipe(duplex=False)
    with told, tell, new_file() as path, open(path, "r+b") as file:
        assert can_lock(file.fileno())
        with child(context, tell_whether_locked, file.fileno(), tell) as process:
            assert told.poll(LIMIT_S)
            assert told.recv() is False
            process.join(LIMIT_S)
        assert looks(path) == "locked"  # the child has ended, and closed its descriptor


def in_a_thread(path: str, how: Callable[[int, int], object]) -> bool:
    """Whether a second thread, which opens the file itself, gets the lock as well."""
    got = []

    def try_it() -> None:
        descriptor = os.open(path, os.O_RDWR)
        opened.append(descriptor)
        got.append(can_lock(descriptor, how))

    opened: list[int] = []
    with open(path, "r+b") as file:
        assert can_lock(file.fileno(), how)
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        os.close(opened[0])
    return got[0]


def test_threads_of_one_process_do_not_exclude_each_other() -> None:
    with new_file() as path:
        assert in_a_thread(path, lockf)
        assert not in_a_thread(path, flock)


def sit(tell: Connection[str, str]) -> None:
    tell.send("there")
    signal.pause()


@needs_fork
def test_flock_belongs_to_what_was_opened_and_a_forked_child_has_it_too() -> None:
    context = multiprocessing.get_context("fork")
    told, tell = context.Pipe(duplex=False)
    with told, tell, new_file() as path, ExitStack() as started:
        with open(path, "r+b") as file:
            flock(file, LOCK_EX)
            open(path, "rb").close()
            assert looks(path, "flock") == "locked"
            process = started.enter_context(child(context, sit, tell))
        assert told.poll(LIMIT_S)
        assert looks(path, "flock") == "locked"  # by the child, which has never asked for it
        process.kill()
        process.join()
        assert looks(path, "flock") == "free"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they may be one")
def test_flock_and_lockf_do_not_see_each_other() -> None:
    with new_file() as path, open(path, "r+b") as file:
        assert can_lock(file.fileno(), lockf)
        assert (looks(path, "lockf"), looks(path, "flock")) == ("locked", "free")


def test_who_waits_in_a_circle_is_told(start_method: str) -> None:
    """Both receive, and nobody has the turn. One gets an error and lets go; the other goes on."""
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    said = []
    with (
        told,
        tell,
        open_pair(context, 0) as (first, second),
        child(context, receive, first, tell),
        child(context, receive, second, tell),
    ):
        for _ in range(4):
            assert told.poll(LIMIT_S)
            said.append(told.recv())
    assert sorted(said) == ["EDEADLK", "EOFError", "entered", "entered"]
