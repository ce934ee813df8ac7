"""Who destroys shared memory, what it costs to ask for more than there is, and what it saves."""

from __future__ import annotations

import errno
import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import pytest

from commands import needs_posix
from costs import needs_two_cpus, round_trip_s
from driver import CODE, can_run, run
from ipc_cookbook.recipes.shared_memory import SharedBlock, open_pair
from samples import PLAIN

NAME = "shared-memory"

LOOK = """
import sys
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(sys.argv[1]{})
print(bytes(memory.buf[-5:]))
memory.close()
"""
"""It attaches, reads, and closes, as one should."""


def look(memory: Any, how: str) -> str:
    """Let a program with nothing to do with ours look at it; its tracker ends before this does."""
    memory.buf[-5:] = b"there"
    return run(*CODE, LOOK.format(how), memory.name).stdout


def is_there(name: str) -> bool:
    """Whether another process could attach. This one's tracker knows of it already."""
    try:
        SharedMemory(name).close()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def opened() -> Iterator[tuple[SharedBlock, SharedBlock]]:
    """Both ends. Their memory may be gone when it is to be closed."""
    name = ""
    try:
        with open_pair(multiprocessing.get_context("spawn"), 5) as ends:
            name = ends[0].memory.name
            assert is_there(name)
            yield ends
    except FileNotFoundError:
        assert not is_there(name)
        resource_tracker.unregister(f"/{name}", "shared_memory")


@needs_posix
def test_a_program_that_only_looks_destroys_it() -> None:
    with opened() as (end, _):
        assert look(end.memory, "") == "b'there'\n"
        assert not is_there(end.memory.name)


@needs_posix
@pytest.mark.skipif(sys.version_info < (3, 13), reason="before 3.13 it cannot say so")
def test_unless_it_says_that_it_does_not_track() -> None:
    with opened() as (end, _):
        assert look(end.memory, ", track=False") == "b'there'\n"
        assert is_there(end.memory.name)


@needs_posix
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="since 3.13 it can say so")
def test_before_python_3_13_there_is_no_way_to_say_so() -> None:
    done = run(*CODE, LOOK.format(", track=False"), "any", status=1, traceback=True)
    assert "unexpected keyword argument 'track'" in done.stderr


@needs_posix
def test_who_has_it_goes_on_with_it() -> None:
    """Only its name is gone; what is mapped stays, and so do the semaphores."""
    with opened() as (first, second):
        look(first.memory, "")
        assert not is_there(first.memory.name)
        first.send((1, b"hello"))
        assert second.recv() == (1, b"hello")


WRITE = """
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(create=True, size=2**24)
print("made", flush=True)
memory.buf[:] = bytes(2**24)
print("written", flush=True)
"""
"""More than the free room, and all of it is written."""

OPEN = """
import multiprocessing, os
from ipc_cookbook.recipes.shared_memory import open_pair
try:
    with open_pair(multiprocessing.get_context(), 2**24):
        print("made")
except OSError as error:
    print(error.errno, os.listdir("/dev/shm"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces and /dev/shm of Linux")
def test_more_than_there_is_room_for_is_an_error_and_not_a_signal() -> None:
    little = ("unshare", "--mount", "sh", "-c")
    mount = "mount -t tmpfs -o size=1m none /dev/shm"
    if not can_run(*little, mount):
        pytest.skip("needs the right to make a mount namespace")
    command = (*little, f'{mount} && exec "$@"', "sh", *CODE)
    plain = run(*command, WRITE, status=-signal.SIGBUS)
    assert plain.stdout == "made\n"
    assert run(*command, OPEN).stdout == f"{errno.ENOSPC} []\n"


@pytest.mark.sweep
@needs_two_cpus
def test_a_round_trip_takes_less_than_half_the_time_of_one_over_queues() -> None:
    """On one CPU: with two of them, to wake the other one takes longer than all else."""
    assert round_trip_s(NAME, cpus=1) < round_trip_s(PLAIN, cpus=1) / 2
