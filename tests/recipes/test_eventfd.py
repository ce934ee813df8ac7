"""Whose death is seen, whoever holds copies; sockets whose copies are held as well are compared."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import socket
from multiprocessing.connection import Connection

import pytest

from commands import needs_fork
from processes import child
from samples import why_not
from streams import LIMIT_S

if reason := why_not("eventfd"):
    pytest.skip(reason, allow_module_level=True)

from ipc_cookbook.recipes.eventfd import CountingEnd, open_pair

NEVER_S = 0.3
"""If nothing has happened for so long, it is said not to happen."""


def is_readable(end: socket.socket, limit_s: float) -> bool:
    return end in select.select([end], [], [], limit_s)[0]


def answer_and_sit(end: CountingEnd, other: socket.socket) -> None:
    with end:
        token, payload = end.recv()
        end.send((token + 1, payload))
        other.sendall(b"here")
        signal.pause()


def answer_and_die(end: CountingEnd) -> None:
    with end:
        token, payload = end.recv()
        end.send((token + 1, payload))
        os.kill(os.getpid(), signal.SIGKILL)


def leave_and_sit(end: CountingEnd, tell: Connection[str, str]) -> None:
    with end:
        pass
    tell.send("left")
    signal.pause()


def sit(*_: object) -> None:
    signal.pause()


def meet(ours: CountingEnd, here: socket.socket) -> None:
    """See that the peer is there by both ways, and that neither says more."""
    ours.send((1, b"hello"))
    assert ours.recv() == (2, b"hello")
    here.settimeout(LIMIT_S)
    assert here.recv(10) == b"here"
    assert ours.poller.poll(1000 * NEVER_S) == []


def see_the_end(ours: CountingEnd) -> None:
    assert ours.poller.poll(1000 * LIMIT_S)  # or recv would wait for ever
    with pytest.raises(EOFError):
        ours.recv()


def test_a_death_is_seen_though_the_parent_has_copies_of_everything(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    here, there = socket.socketpair()
    with (
        here,
        there,
        open_pair(context, 5) as (ours, theirs),
        child(context, answer_and_sit, theirs, there) as process,
        ours,
    ):
        meet(ours, here)
        process.kill()
        see_the_end(ours)
        assert not is_readable(here, NEVER_S)
        there.close()
        assert is_readable(here, LIMIT_S)
        assert here.recv(10) == b""


@needs_fork
def test_a_death_is_seen_though_a_bystander_has_copies_of_everything() -> None:
    context = multiprocessing.get_context("fork")
    here, there = socket.socketpair()
    with (
        here,
        there,
        open_pair(context, 5) as (ours, theirs),
        child(context, answer_and_sit, theirs, there) as process,
        child(context, sit) as bystander,
        ours,
    ):
        there.close()
        meet(ours, here)
        process.kill()
        see_the_end(ours)
        assert not is_readable(here, NEVER_S)
        bystander.kill()
        assert is_readable(here, LIMIT_S)
        assert here.recv(10) == b""


@pytest.mark.parametrize("is_reaped", [False, True])
def test_what_was_sent_before_the_death_comes_first(is_reaped: bool, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with (
        open_pair(context, 5) as (ours, theirs),
        child(context, answer_and_die, theirs) as process,
        ours,
    ):
        ours.send((1, b"hello"))
        if is_reaped:
            process.join(LIMIT_S)
            assert process.exitcode == -signal.SIGKILL
        assert ours.recv() == (2, b"hello")
        see_the_end(ours)


@pytest.mark.sampled
def test_an_end_that_is_only_left_is_not_seen(start_method: str) -> None:
    """A socket's peer would see it. Here it is the process that is watched, not what it has."""
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    with (
        told,
        tell,
        open_pair(context, 0) as (ours, theirs),
        child(context, leave_and_sit, theirs, tell) as process,
        ours,
    ):
        assert told.poll(LIMIT_S)
        assert ours.poller.poll(1000 * NEVER_S) == []
        process.kill()
        see_the_end(ours)
