"""Two hosts over ZeroMQ: what CURVE lets in, and what the ends do that no other recipe's do."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ipc_cookbook.hosts import hello
from ipc_cookbook.hosts.keys import Keys
from strangers import ANYWHERE, Place, Stranger, crowd, play_among, says
from two_players import failed_call, listening, play_both

pytest.importorskip("zmq", reason="the recipe needs pyzmq")

import zmq

from ipc_cookbook.hosts.curve_ends import CurveCaller, CurveListener

WAIT_MS = 20_000
SILENCE_MS = 100
GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE"


def test_what_it_is_encrypted_with(keys: Path) -> None:
    for result in play_both("zeromq", keys, {}, {}).values():
        assert result.peer is not None
        assert result.peer.cipher == "CURVE X25519 XSalsa20-Poly1305"


def test_keys_that_were_not_made_together(keys: Path, foreign_keys: Path) -> None:
    with listening("zeromq", keys) as (_, port):
        error = failed_call("zeromq", f"127.0.0.1:{port}", foreign_keys / "ping")
    assert error.reason == "wrong key"


def test_nobody_is_left_to_send_to() -> None:
    """Whoever hangs up before the first word: to send to it must not wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        keys = (*zmq.curve_keypair(), zmq.curve_keypair()[0])
        end = CurveCaller(place, 0, keys)
        with end:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(b"220 mail.example ESMTP\r\n")
            while int(end.socket.get(zmq.EVENTS)) & zmq.POLLOUT:
                assert end.monitor.poll(WAIT_MS)
            with pytest.raises(EOFError):
                end.send((0, b""))


def test_what_was_said_last_arrives() -> None:
    """Although its sender is gone by then."""
    last_words = (2, bytes(70_000))
    with ExitStack() as stack:
        listener = CurveListener("tcp://127.0.0.1:*", 70_000, ())
        stack.enter_context(listener)
        end = CurveCaller(listener.socket.get_string(zmq.LAST_ENDPOINT), 70_000, ())
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


# Strangers who speak ZeroMQ


def over_zeromq(prepare: Callable[[zmq.SyncSocket, Place], None]) -> Stranger:
    """Says a good hello, and is to hear nothing."""

    def call(place: Place, stack: ExitStack) -> None:
        context = stack.enter_context(zmq.Context())
        caller = stack.enter_context(context.socket(zmq.DEALER))
        caller.linger = 0
        caller.reconnect_ivl = 50
        prepare(caller, place)
        caller.connect(f"tcp://127.0.0.1:{place.port}")
        token, text = hello.Hello("Ping", "zeromq", 50, 0).as_message()
        with suppress(zmq.Again):  # it may be turned away before it can say a word
            caller.send(token.to_bytes(8, "big") + text, zmq.NOBLOCK)
        assert caller.poll(SILENCE_MS) == 0

    return call


def foreign_key(caller: zmq.SyncSocket, place: Place) -> None:
    caller.curve_publickey, caller.curve_secretkey = zmq.curve_keypair()
    caller.curve_serverkey = Keys(place.keys / "ping", "Ping").for_curve()[2]


def wrong_server_key(caller: zmq.SyncSocket, place: Place) -> None:
    right = Keys(place.keys / "ping", "Ping").for_curve()
    caller.curve_publickey, caller.curve_secretkey = right[:2]
    caller.curve_serverkey = zmq.curve_keypair()[0]


def no_key(caller: zmq.SyncSocket, place: Place) -> None:
    """Plain ZeroMQ."""


def a_password(caller: zmq.SyncSocket, place: Place) -> None:
    caller.plain_username, caller.plain_password = b"admin", b"admin"


STRANGERS: dict[str, Stranger] = {
    "plain": over_zeromq(no_key),
    "password": over_zeromq(a_password),
    "half a handshake": says(GREETING),
    "wrong key": over_zeromq(foreign_key),
    "wrong server key": over_zeromq(wrong_server_key),
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@linux
@pytest.mark.sweep
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger(stranger: str, keys: Path, foreign_keys: Path) -> None:
    play_among("zeromq", [STRANGERS[stranger]], keys, foreign_keys)


@linux
def test_all_strangers_together(keys: Path, foreign_keys: Path) -> None:
    play_among("zeromq", crowd({**ANYWHERE, **STRANGERS}), keys, foreign_keys)
