"""Who comes through a listener's door, who holds it up, and what the key lets in."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, TypeAlias

import pytest

from commands import needs_posix
from ipc_cookbook.recipes.listener import ListenerEnd, open_pair
from processes import child
from streams import LIMIT_S

KEY, WRONG_KEY = b"the key", b"another key"

Connecting: TypeAlias = "Future[Connection[Any, Any]]"


@pytest.fixture
def address() -> Iterator[str]:
    """A place where nobody listens yet."""
    with open_pair(multiprocessing.get_context("spawn"), 0) as (listens, _):
        yield listens.address


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def both(
    pool: ThreadPoolExecutor, listener: Listener, key: bytes | None
) -> tuple[Connecting, Connecting]:
    """What becomes of ``accept``, and of a ``Client`` with this key."""
    accepting = pool.submit(listener.accept)
    calling = pool.submit(Client, listener.address, authkey=key)
    return accepting, calling


def assert_waits(waiting: Connecting, other: Connecting) -> None:
    """The other one is through, and this one is not."""
    assert wait([waiting, other], LIMIT_S, FIRST_COMPLETED).done == {other}
    assert other.exception() is None
    assert wait([waiting], 0.3).not_done == {waiting}


@pytest.mark.parametrize("key", [KEY, None])
def test_the_same_key_on_both_sides_or_none(
    key: bytes | None, address: str, pool: ThreadPoolExecutor
) -> None:
    with Listener(address, authkey=key) as listener:
        accepting, calling = both(pool, listener, key)
        with accepting.result(LIMIT_S) as ours, calling.result(LIMIT_S) as theirs:
            theirs.send("hello")
            assert ours.recv() == "hello"


def test_another_key_is_an_error_on_both_sides(address: str, pool: ThreadPoolExecutor) -> None:
    with Listener(address, authkey=KEY) as listener:
        for failing in both(pool, listener, WRONG_KEY):
            with pytest.raises(AuthenticationError):
                failing.result(LIMIT_S)


def test_a_key_at_the_listener_only_makes_accept_wait(
    address: str, pool: ThreadPoolExecutor
) -> None:
    with Listener(address, authkey=KEY) as listener:
        accepting, calling = both(pool, listener, None)
        assert_waits(accepting, calling)
        calling.result().close()
        with pytest.raises((EOFError, ConnectionResetError)):
            accepting.result(LIMIT_S)


def test_a_key_at_the_client_only_makes_the_client_wait(
    address: str, pool: ThreadPoolExecutor
) -> None:
    with Listener(address) as listener:
        accepting, calling = both(pool, listener, KEY)
        assert_waits(calling, accepting)
        accepting.result().close()
        with pytest.raises((EOFError, ConnectionResetError)):
            calling.result(LIMIT_S)


@needs_posix
def test_a_silent_stranger_holds_up_who_has_the_key(address: str, pool: ThreadPoolExecutor) -> None:
    with ExitStack() as opened:
        listener = opened.enter_context(Listener(address, authkey=KEY))
        stranger = opened.enter_context(socket.socket(socket.AF_UNIX))
        stranger.connect(address)
        accepting, calling = both(pool, listener, KEY)
        assert b"#CHALLENGE#" in stranger.recv(100)
        assert wait([accepting, calling], 0.3).done == set()
        stranger.close()
        with pytest.raises((EOFError, ConnectionResetError)):
            accepting.result(LIMIT_S)
        assert not calling.done()
        with pool.submit(listener.accept).result(LIMIT_S), calling.result(LIMIT_S):
            pass


class Visitor:
    """What is sent is not this, but a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.getpid, ()


def visit(end: ListenerEnd) -> None:
    with end:
        end.connection.send(Visitor())
        end.recv()


@pytest.mark.sampled
def test_who_has_the_key_can_have_a_function_called(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 0) as (listens, connects), child(context, visit, connects) as process:
        with listens:
            received: object = listens.recv()
            listens.send((0, b""))
        assert received == os.getpid() != process.pid


opened: list[int] = []
"""The processes in which a :class:`Trace` was unpickled."""


def note() -> None:
    opened.append(os.getpid())


class Trace:
    def __reduce__(self) -> tuple[Any, ...]:
        return note, ()


def test_a_pickle_from_who_has_not_the_key_is_not_opened(
    address: str, pool: ThreadPoolExecutor
) -> None:
    """It is taken for the answer to the challenge, and that is wrong."""
    opened.clear()
    with Listener(address, authkey=KEY) as listener:
        accepting, calling = both(pool, listener, None)
        with calling.result(LIMIT_S) as connection:
            connection.send(Trace())
            with pytest.raises(AuthenticationError):
                accepting.result(LIMIT_S)
    assert opened == []
