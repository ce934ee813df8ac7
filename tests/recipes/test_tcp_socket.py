"""The framing of the TCP recipe, whatever arrives; and who gets the connection."""

from __future__ import annotations

import multiprocessing
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import check_game
from ipc_cookbook import run_pingpong
from ipc_cookbook.recipes import tcp_socket
from ipc_cookbook.recipes.tcp_socket import TcpEnd

HEADER = struct.Struct("!QQ")
TOKENS = st.integers(0, 2**64 - 1)
PAYLOADS = st.binary(max_size=300)
MESSAGES = st.lists(st.tuples(TOKENS, PAYLOADS), min_size=1, max_size=4)
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
def connected(max_payload: int, splits: list[int]) -> Iterator[tuple[TcpEnd, socket.socket]]:
    """The recipe's end, and the other end as a bare socket."""
    there, here = socket.socketpair()
    with here, Trickle(fileno=there.detach()) as own:
        own.splits = splits
        yield TcpEnd(own, max_payload), here


def frame(token: int, payload: bytes) -> bytes:
    return HEADER.pack(token, len(payload)) + payload


@given(TOKENS, PAYLOADS)
def test_what_is_sent(token: int, payload: bytes) -> None:
    with connected(300, [1]) as (end, other):
        end.send((token, payload))
        assert other.recv(1000) == frame(token, payload)


@given(MESSAGES, SPLITS)
def test_messages_arrive_however_they_are_split(
    messages: list[tuple[int, bytes]], splits: list[int]
) -> None:
    with connected(300, splits) as (end, other):
        other.sendall(b"".join(frame(*message) for message in messages))
        other.shutdown(socket.SHUT_WR)
        for message in messages:
            assert end.recv() == message


@given(TOKENS, PAYLOADS, SPLITS, st.data())
def test_half_a_frame_and_then_the_end(
    token: int, payload: bytes, splits: list[int], data: st.DataObject
) -> None:
    whole = frame(token, payload)
    arrived = data.draw(st.integers(0, len(whole) - 1))
    with connected(300, splits) as (end, other):
        other.sendall(whole[:arrived])
        other.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            end.recv()


def test_a_message_takes_one_read() -> None:
    with connected(300, [10_000]) as (end, other):
        for number in range(3):
            other.sendall(frame(number, bytes(300)))
            assert end.recv() == (number, bytes(300))
        assert isinstance(end.connection, Trickle)
        assert end.connection.reads == 3


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


@given(st.binary(min_size=HEADER.size, max_size=200), st.data(), SPLITS)
def test_garbage_is_refused(garbage: bytes, data: st.DataObject, splits: list[int]) -> None:
    _, length = HEADER.unpack_from(garbage)
    agreed = data.draw(st.integers(0, min(length - 1, 2**20) if length else 0))
    with connected(agreed, splits) as (end, other):
        other.sendall(garbage)
        other.shutdown(socket.SHUT_WR)
        refusal = pytest.raises(ValueError, match=f"^{length} bytes announced, up to {agreed}")
        with little_memory(), refusal if length > agreed else pytest.raises(EOFError):
            for _ in range(20):
                end.recv()


@pytest.mark.parametrize("length", [9, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
def test_a_huge_length_is_refused_before_any_allocation(length: int) -> None:
    with connected(8, [100]) as (end, other):
        other.sendall(HEADER.pack(0, length) + b"8 bytes.")
        other.shutdown(socket.SHUT_WR)
        with little_memory(), pytest.raises(ValueError, match=f"{length} .* 8 "):
            end.recv()


def test_no_delay_and_the_loopback_address_only() -> None:
    with tcp_socket.open_pair(multiprocessing.get_context("spawn"), 0) as (first, second):
        for end in first, second:
            end.__enter__()
            assert end.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert end.connection.getsockname()[0] == "127.0.0.1"
        assert first.connection.getpeername() == second.connection.getsockname()
        assert second.connection.getpeername() == first.connection.getsockname()


@pytest.mark.parametrize("strangers", [1, 20])
def test_strangers_who_are_quicker_are_turned_away(
    strangers: int, start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are silent, the last one says a good frame; all of them come first."""
    connect = socket.create_connection
    with ExitStack() as opened:
        callers: list[socket.socket] = []

        def connect_late(address: tuple[str, int]) -> socket.socket:
            callers.extend(opened.enter_context(connect(address)) for _ in range(strangers))
            callers[-1].sendall(frame(7, b"wrong"))
            return connect(address)

        monkeypatch.setattr(socket, "create_connection", connect_late)
        check_game(run_pingpong(tcp_socket, start_method=start_method), 50)
        assert len(callers) == strangers
        for caller in callers:
            caller.settimeout(20)
            with suppress(ConnectionResetError):
                assert caller.recv(1) == b""


def test_a_closed_end_is_seen_by_the_other_one() -> None:
    """While a copy of it is open it is not, so both of them are closed here."""
    with tcp_socket.open_pair(multiprocessing.get_context("spawn"), 5) as (first, second):
        received: list[object] = []

        def wait() -> None:
            try:
                received.append(first.recv())
            except EOFError:
                received.append("the end")

        waiting = threading.Thread(target=wait)
        waiting.start()
        copy = second.connection.dup()
        second.connection.close()
        waiting.join(0.2)
        assert received == []
        copy.close()
        waiting.join()
        assert received == ["the end"]
