"""Nothing stands between ``put`` and the pipe: what that keeps, and where it waits."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import pytest

from commands import needs_posix
from driver import until
from ipc_cookbook.recipes.simple_queue import Message, open_pair
from processes import child
from streams import LIMIT_S

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what a pipe holds")
MORE_THAN_A_PIPE = bytes(1_000_000)
FRAME = 500
"""More than is written beside the payload: the length, the pickle's own bytes."""

Put = Callable[[Message], object]


def put_and_die(put: Put, payload: bytes) -> None:
    put((1, payload))
    os.kill(os.getpid(), signal.SIGKILL)


def put_and_tell(put: Put, payload: bytes, has_put: Connection[None, None]) -> None:
    put((1, payload))
    has_put.send(None)


def capacity() -> int:
    """How many bytes a pipe holds."""
    import fcntl

    reading, writing = os.pipe()
    try:
        return fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    finally:
        os.close(reading)
        os.close(writing)


@needs_posix
@pytest.mark.parametrize("payload", [b"", b"x" * 50_000], ids=["nothing", "50 kB"])
def test_what_was_put_outlives_who_put_it(payload: bytes, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 50_000) as (ours, theirs):
        with child(context, put_and_die, theirs.send, payload) as process:
            process.join()
            assert process.exitcode == -signal.SIGKILL
        assert not ours.incoming.empty()
        assert ours.recv() == (1, payload)


@needs_posix
def test_what_a_feeder_thread_has_not_written_does_not(start_method: str) -> None:
    """The same, by the other queue. More was put than the pipe holds, and nobody has read."""
    context = multiprocessing.get_context(start_method)
    queue: Any = context.Queue()
    try:
        with child(context, put_and_die, queue.put, MORE_THAN_A_PIPE) as process:
            process.join(LIMIT_S)
            assert process.exitcode == -signal.SIGKILL
        queue._writer.close()  # the last one: what is not in the pipe by now never will be
        with pytest.raises((EOFError, OSError)):
            queue.get()
    finally:
        queue.close()


def test_put_itself_waits_for_a_reader(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    has_put, tell = context.Pipe(duplex=False)
    payload = MORE_THAN_A_PIPE
    with (
        has_put,
        tell,
        open_pair(context, len(payload)) as (ours, theirs),
        child(context, put_and_tell, theirs.send, payload, tell) as process,
    ):
        until(lambda: not ours.incoming.empty())
        assert not has_put.poll(0.3)
        assert ours.recv() == (1, payload)
        assert has_put.poll(LIMIT_S)
        process.join(LIMIT_S)
        assert process.exitcode == 0


def test_by_the_other_queue_it_is_the_end_of_the_process_that_waits(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    has_put, tell = context.Pipe(duplex=False)
    queue: Any = context.Queue()
    with has_put, tell:
        with child(context, put_and_tell, queue.put, MORE_THAN_A_PIPE, tell) as process:
            assert has_put.poll(LIMIT_S)
            process.join(0.3)
            assert process.is_alive()
            assert queue.get() == (1, MORE_THAN_A_PIPE)
            process.join(LIMIT_S)
            assert process.exitcode == 0
        queue.close()
        queue.join_thread()


@needs_linux
@pytest.mark.parametrize(("more", "fits"), [(-FRAME, True), (1, False)])
def test_put_waits_once_the_pipe_is_full(more: int, fits: bool, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    has_put, tell = context.Pipe(duplex=False)
    payload = bytes(capacity() + more)
    with (
        has_put,
        tell,
        open_pair(context, len(payload)) as (ours, theirs),
        child(context, put_and_tell, theirs.send, payload, tell) as process,
    ):
        until(lambda: not ours.incoming.empty())
        assert has_put.poll(LIMIT_S if fits else 0.3) == fits
        if fits:
            process.join(LIMIT_S)
            assert process.exitcode == 0
        assert ours.recv() == (1, payload)


def test_what_cannot_be_pickled_is_an_error_where_it_is_put() -> None:
    with open_pair(multiprocessing.get_context("spawn"), 0) as (ours, theirs):
        unpicklable: Any = lambda: None  # noqa: E731
        with pytest.raises((pickle.PicklingError, AttributeError)):
            ours.outgoing.put((1, unpicklable))
        assert theirs.incoming.empty()
