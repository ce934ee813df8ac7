"""The framing of the TCP recipe, whatever arrives; and who is let in."""

from __future__ import annotations

import multiprocessing
import socket
import struct
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipc_cookbook.recipes import tcp_socket
from ipc_cookbook.recipes.tcp_socket import Caller

HEADER = struct.Struct("!QQ")
WAIT_S = 20
TOKENS = st.integers(0, 2**64 - 1)
PAYLOADS = st.binary(max_size=300)
SPLITS = st.lists(st.integers(1, 40), min_size=1)
"""How many bytes arrive at a time; repeated until all have."""


class Trickle(socket.socket):
    """A socket from which no more bytes can be read at once than the next split says."""

    splits: list[int]
    reads = 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        split = self.splits[self.reads % len(self.splits)]
        self.reads += 1
        return super().recv(min(size, split), flags)


@contextmanager
def connected(payload_size: int, splits: list[int]) -> Iterator[tuple[Caller, socket.socket]]:
    """The recipe's end, and the other end as a bare socket."""
    there, here = socket.socketpair()
    with here, Trickle(fileno=there.detach()) as own:
        own.splits = splits
        yield Caller(own, ("", 0), payload_size), here


def frame(token: int, payload: bytes) -> bytes:
    return HEADER.pack(token, len(payload)) + payload


@given(TOKENS, PAYLOADS)
def test_what_is_sent(token: int, payload: bytes) -> None:
    with connected(len(payload), [1]) as (endpoint, other):
        endpoint.send((token, payload))
        assert other.recv(1000) == frame(token, payload)


@given(st.lists(TOKENS, min_size=1, max_size=4), PAYLOADS, SPLITS)
def test_messages_arrive_however_they_are_split(
    tokens: list[int], payload: bytes, splits: list[int]
) -> None:
    with connected(len(payload), splits) as (endpoint, other):
        other.sendall(b"".join(frame(token, payload) for token in tokens))
        other.shutdown(socket.SHUT_WR)
        for token in tokens:
            assert endpoint.recv() == (token, payload)


@given(TOKENS, PAYLOADS, SPLITS, st.data())
def test_half_a_frame_and_then_the_end(
    token: int, payload: bytes, splits: list[int], data: st.DataObject
) -> None:
    whole = frame(token, payload)
    arrived = data.draw(st.integers(0, len(whole) - 1))
    with connected(len(payload), splits) as (endpoint, other):
        other.sendall(whole[:arrived])
        other.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            endpoint.recv()


@contextmanager
def little_memory() -> Iterator[None]:
    """Grant 256 MiB more than there is in use: beyond that is a ``MemoryError``."""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    saved = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + 256 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, saved[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, saved)


@given(st.binary(min_size=HEADER.size, max_size=200), st.integers(0, 2**20), SPLITS)
def test_garbage_is_refused(garbage: bytes, agreed: int, splits: list[int]) -> None:
    _, length = HEADER.unpack_from(garbage)
    with connected(agreed if agreed != length else agreed + 1, splits) as (endpoint, other):
        other.sendall(garbage)
        other.shutdown(socket.SHUT_WR)
        with little_memory(), pytest.raises(ValueError, match=f"^{length} bytes announced"):
            endpoint.recv()


@pytest.mark.parametrize("length", [2**31, 2**32 - 1, 2**63, 2**64 - 1])
def test_a_huge_length_is_refused_before_any_allocation(length: int) -> None:
    with connected(8, [100]) as (endpoint, other):
        other.sendall(HEADER.pack(0, length) + b"8 bytes.")
        other.shutdown(socket.SHUT_WR)
        tracemalloc.start()
        try:
            with little_memory(), pytest.raises(ValueError, match=str(length)):
                endpoint.recv()
            assert tracemalloc.get_traced_memory()[1] < 100_000
        finally:
            tracemalloc.stop()


def test_no_delay_and_the_loopback_address_only() -> None:
    context = multiprocessing.get_context("spawn")
    with tcp_socket.open_pair(context, 0) as ends:
        for end in ends:
            assert end.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert end.socket.getsockname()[0] == "127.0.0.1"
        listener, caller = ends
        assert listener.peer == caller.socket.getsockname()
        assert caller.peer == listener.socket.getsockname()
        ports = {end.socket.getsockname()[1] for end in ends}
        assert len(ports) == 2
        assert 0 not in ports


def test_strangers_are_turned_away_and_the_right_one_is_awaited() -> None:
    """One stranger is silent, one says a good frame; both come first."""
    context = multiprocessing.get_context("spawn")
    received: list[tuple[int, bytes]] = []
    with tcp_socket.open_pair(context, 5) as (listener, caller):

        def answer() -> None:
            with listener as endpoint:
                received.append(endpoint.recv())
                endpoint.send((2, b"right"))

        with (
            socket.create_connection(caller.peer, timeout=WAIT_S) as silent,
            socket.create_connection(caller.peer, timeout=WAIT_S) as forger,
        ):
            forger.sendall(frame(7, b"wrong"))
            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            for stranger in silent, forger:
                with suppress(ConnectionResetError):
                    assert stranger.recv(1) == b""
            assert received == []
            with caller as endpoint:
                endpoint.send((1, b"hello"))
                assert endpoint.recv() == (2, b"right")
            thread.join()
    assert received == [(1, b"hello")]
