"""What a loop costs two players, what it is for, and what it does not do while it does not run."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipc_cookbook.recipes.asyncio_streams import StreamEnd, open_pair

HEADER = struct.Struct("=QQ")
MOST = 1_000_000
TOKENS = st.integers(0, 2**64 - 1)
PAYLOADS = st.binary(max_size=300)
SPAWN = multiprocessing.get_context("spawn")


def frame(token: int, payload: bytes) -> bytes:
    return HEADER.pack(token, len(payload)) + payload


@contextmanager
def connected(max_payload: int = MOST) -> Iterator[tuple[StreamEnd, socket.socket]]:
    """The recipe's end, and the other end as a bare socket."""
    here, there = socket.socketpair()
    there.settimeout(20)
    with here, there, StreamEnd(here, max_payload) as end:
        yield end, there


def fastest_s(turn: Callable[[], object]) -> float:
    """What a turn took in the fastest of a few series: others use this machine, too."""
    found = []
    for _ in range(10):
        start = time.perf_counter()
        for _ in range(100):
            turn()
        found.append(time.perf_counter() - start)
    return min(found) / 100


def test_a_loop_costs_more_than_the_plain_socket() -> None:
    """Both ends are in this process, so that no time goes by in waiting for another one."""
    here, there = socket.socketpair()

    def plain_turn() -> None:
        here.sendall(frame(1, b""))
        assert there.recv(10_000) == frame(1, b"")

    with here, there:
        plain_s = fastest_s(plain_turn)
        with StreamEnd(here, 0) as first, StreamEnd(there, 0) as second:

            def turn() -> None:
                first.send((1, b""))
                assert second.recv() == (1, b"")

            loop_s = fastest_s(turn)
    assert loop_s > 2 * plain_s


def test_the_recipe_runs_the_loop_anew_for_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    with connected() as (end, other):
        runs: list[None] = []
        run_forever = end.loop.run_forever
        monkeypatch.setattr(end.loop, "run_forever", lambda: runs.append(run_forever()))
        for number in range(1, 4):
            end.send((number, b""))
            assert len(runs) == 2 * number - 1
            other.sendall(frame(number, b""))
            assert end.recv() == (number, b"")
            assert len(runs) == 2 * number
            assert not end.loop.is_running()


def take_all(connection: socket.socket) -> int:
    """Read what is there; how many bytes that was."""
    taken = 0
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while data := connection.recv(2**16):
            taken += len(data)
    return taken


def test_what_the_loop_keeps_moves_only_while_the_loop_runs() -> None:
    """``send`` has returned, for the loop may keep some of it; then nobody runs the loop."""
    with connected() as (end, other):
        transport, sent = end.writer.transport, 0
        while not transport.get_write_buffer_size():
            end.send((1, bytes(10_000)))
            sent += len(frame(1, bytes(10_000)))
        kept = transport.get_write_buffer_size()
        assert 0 < kept < 2**16
        assert take_all(other) == sent - kept
        assert take_all(other) == 0
        assert transport.get_write_buffer_size() == kept
        other.sendall(frame(2, b""))
        assert end.recv() == (2, b"")
        assert take_all(other) > 0


PEERS = 100


async def answer_all_at_once(listener: socket.socket) -> None:
    """Answer once all have asked: who they are, who answers, and how many threads there are."""
    have_asked, have_been_answered = asyncio.Barrier(PEERS), asyncio.Barrier(PEERS + 1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        token, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
        await have_asked.wait()
        writer.write(frame(token, b"%d %d" % (os.getpid(), threading.active_count())))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await have_been_answered.wait()

    async with await asyncio.start_server(answer, sock=listener):
        await have_been_answered.wait()


def serve(listener: socket.socket) -> None:
    asyncio.run(answer_all_at_once(listener))


def test_one_thread_serves_many_connections_that_are_open_at_the_same_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        process = SPAWN.Process(target=serve, args=(listener,))
        process.start()
        stack.callback(process.join)
        stack.callback(process.kill)
        address = listener.getsockname()
        ends = [stack.enter_context(socket.create_connection(address)) for _ in range(PEERS)]
        for number, end in enumerate(ends):
            end.settimeout(20)
            end.sendall(frame(number, b""))
        for number, end in reversed([*enumerate(ends)]):
            said = f"{process.pid} 1".encode()
            with end.makefile("rb") as file:
                assert file.read() == frame(number, said)
        process.join()
        assert process.exitcode == 0


@given(st.lists(st.tuples(TOKENS, PAYLOADS), min_size=1, max_size=4), st.integers(1, 40))
def test_messages_arrive_however_they_are_split(
    messages: list[tuple[int, bytes]], size: int
) -> None:
    """The next piece is sent each time the loop has nothing to read."""
    content = b"".join(frame(*message) for message in messages)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    with connected() as (end, other):

        async def trickle() -> None:
            for piece in pieces:
                other.sendall(piece)
                await asyncio.sleep(0)

        sending = end.loop.create_task(trickle())
        assert [end.recv() for _ in messages] == messages
        end.loop.run_until_complete(sending)


@given(TOKENS, PAYLOADS, st.data())
def test_half_a_message_and_then_the_end(token: int, payload: bytes, data: st.DataObject) -> None:
    whole = frame(token, payload)
    arrived = data.draw(st.integers(0, len(whole) - 1))
    with connected() as (end, other):
        other.sendall(whole[:arrived])
        other.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError) as caught:
            end.recv()
        assert isinstance(caught.value, asyncio.IncompleteReadError)
        assert whole[:arrived].endswith(caught.value.partial)


@pytest.mark.parametrize("length", [9, 2**31, 2**64 - 1])
def test_a_length_that_was_not_agreed_is_refused_before_it_is_waited_for(length: int) -> None:
    with connected(8) as (end, other):
        other.sendall(HEADER.pack(0, length))
        with pytest.raises(ValueError, match=f"{length} .* 8 "):
            end.recv()


def test_the_end_is_seen_once_the_last_copy_is_closed() -> None:
    with open_pair(SPAWN, 0) as (first, second), first:
        copy = second.connection.dup()
        second.connection.close()
        first.send((1, b""))
        assert copy.recv(100) == frame(1, b"")
        copy.close()
        with pytest.raises(EOFError):
            first.recv()


def test_the_loop_is_closed_though_the_connection_is_broken() -> None:
    with open_pair(multiprocessing.get_context(), 2**20) as (ours, theirs):
        theirs.connection.close()
        with pytest.raises((BrokenPipeError, ConnectionResetError)), ours:
            ours.send((1, bytes(2**20)))
        assert ours.loop.is_closed()
