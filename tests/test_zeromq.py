"""What the ZeroMQ recipe promises besides the game: limits, privacy, no hanging at exit."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ipc_cookbook.catalog import load

zmq = pytest.importorskip("zmq", reason="the recipe needs pyzmq")

from ipc_cookbook.recipes import zeromq  # noqa: E402
from ipc_cookbook.recipes.zeromq import (  # noqa: E402
    BindingEnd,
    ConnectingEnd,
    RemoteEnd,
    RemoteListener,
)

WAIT_MS = 20_000


@contextmanager
def open_ends(payload_size: int = 0) -> Iterator[tuple[BindingEnd, ConnectingEnd]]:
    with zeromq.open_pair(multiprocessing.get_context("spawn"), payload_size) as ends:
        yield ends


@contextmanager
def generous_permissions() -> Iterator[None]:
    saved = os.umask(0)
    try:
        yield
    finally:
        os.umask(saved)


@pytest.mark.parametrize("name", ["zeromq", "manager"])
def test_the_folder_is_the_owners_alone_and_goes_away(name: str) -> None:
    context = multiprocessing.get_context("spawn")
    temporary = Path(tempfile.gettempdir())
    before = set(temporary.iterdir())
    with generous_permissions(), load(name).open_pair(context, 0):
        (folder,) = set(temporary.iterdir()) - before
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


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


@pytest.mark.parametrize("payload_size", [0, 5000])
def test_socket_options(payload_size: int) -> None:
    with open_ends(payload_size) as (binding, connecting), binding as ping, connecting as pong:
        for end in ping, pong:
            assert end.socket.type == zmq.PAIR
            assert end.socket.linger == 0
            assert payload_size + 8 <= int(end.socket.get(zmq.MAXMSGSIZE)) < payload_size + 5000
        ping.send((1, b"x" * payload_size))
        assert pong.recv() == (1, b"x" * payload_size)


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

    with open_ends() as (_, connecting), pytest.raises(EOFError):
        fail()


def test_nobody_is_left_to_send_to() -> None:
    """Whoever hangs up before the first word: to send to it must not wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        keys = (*zmq.curve_keypair(), zmq.curve_keypair()[0])
        end = RemoteEnd(place, 0, keys)
        with end:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(b"220 mail.example ESMTP\r\n")
            while end.socket.get(zmq.EVENTS) & zmq.POLLOUT:
                assert end.monitor.poll(WAIT_MS)
            with pytest.raises(EOFError):
                end.send((0, b""))


def test_what_was_said_last_arrives() -> None:
    """Although its sender is gone by then."""
    last_words = (2, bytes(70_000))
    with ExitStack() as stack:
        listener = RemoteListener("tcp://127.0.0.1:*", 70_000, ())
        stack.enter_context(listener)
        end = RemoteEnd(listener.socket.get_string(zmq.LAST_ENDPOINT), 70_000, ())
        with end:
            end.send((1, bytes(70_000)))
            listener.recv()
            listener.send(last_words)
            stack.close()
            while not end.gone:
                assert end.monitor.poll(WAIT_MS)
                end.take_note()
            assert end.recv() == last_words
            with pytest.raises(EOFError):
                end.recv()
