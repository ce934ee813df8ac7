"""What the ZeroMQ recipe promises besides the game: limits, privacy, no hanging at exit."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ipc_cookbook import TransportUnavailable, run_pingpong

zmq = pytest.importorskip("zmq", reason="the recipe needs pyzmq")

from ipc_cookbook.recipes import zeromq  # noqa: E402
from ipc_cookbook.recipes.zeromq import ZmqEnd  # noqa: E402

WAIT_MS = 20_000


@contextmanager
def open_ends(max_payload: int = 0) -> Iterator[tuple[ZmqEnd, ZmqEnd]]:
    with zeromq.open_pair(multiprocessing.get_context("spawn"), max_payload) as ends:
        yield ends


def test_the_socket_is_in_the_private_folder() -> None:
    with open_ends() as (binding, connecting):
        assert binding.address == connecting.address
        path = Path(binding.address.removeprefix("ipc://"))
        assert list(path.parent.iterdir()) == []
        with binding:
            assert path.is_socket()
            assert path.parent.parent == Path(tempfile.gettempdir())


def test_context_and_socket_are_made_where_the_end_is_entered() -> None:
    with open_ends() as ends:
        for end in ends:
            assert not any(
                isinstance(value, zmq.Context | zmq.Socket) for value in vars(end).values()
            )
            assert vars(pickle.loads(pickle.dumps(end))) == vars(end)


@pytest.mark.parametrize("size", [0, 5000])
def test_what_is_sent(size: int) -> None:
    with open_ends(size) as (binding, connecting), binding as ping, connecting as pong:
        for end in ping, pong:
            assert size + 8 <= int(end.socket.get(zmq.MAXMSGSIZE)) < size + 5000
        for token, payload in (1, b"x" * size), (2**64 - 1, b""):
            ping.send((token, payload))
            assert pong.recv() == (token, payload)


@pytest.mark.parametrize(("excess", "arrives"), [(0, True), (1, False)])
def test_an_oversized_message_is_not_delivered(excess: int, arrives: bool) -> None:
    with open_ends() as (binding, connecting), binding as ping:
        watcher = ping.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        with connecting as pong:
            limit = ping.socket.get(zmq.MAXMSGSIZE)
            pong.socket.send(b"x" * (int(limit) + excess))
            sources = zmq.Poller()
            sources.register(ping.socket, zmq.POLLIN)
            sources.register(watcher, zmq.POLLIN)
            ready = dict(sources.poll(WAIT_MS))
            assert ready.keys() == {ping.socket if arrives else watcher}
        ping.socket.disable_monitor()
        watcher.close()


def test_an_unread_message_does_not_keep_a_failed_player() -> None:
    def fail() -> None:
        with connecting as lonely:
            lonely.send((1, b"nobody reads this"))
            raise EOFError

    with open_ends(100) as (_, connecting), pytest.raises(EOFError):
        fail()


def test_the_last_message_arrives_although_its_sender_leaves() -> None:
    with open_ends(70_000) as (binding, connecting), binding as ping:
        with connecting as pong:
            pong.send((1, bytes(70_000)))
        assert ping.recv() == (1, bytes(70_000))


def test_without_ipc_it_says_that_it_cannot_play(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zmq, "has", lambda capability: capability != "ipc")
    monkeypatch.delitem(sys.modules, zeromq.__name__)
    with pytest.raises(TransportUnavailable, match=r"cannot be imported here: .* has no ipc://"):
        run_pingpong("zeromq")
