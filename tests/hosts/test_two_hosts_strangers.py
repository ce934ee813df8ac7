"""Strangers at a listening side, before a game and during one: none gets in, none is in the way."""

from __future__ import annotations

import random
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from ipc_cookbook.hosts import hello
from ipc_cookbook.hosts.keys import Keys
from ipc_cookbook.recipes import tcp_socket
from two_sides import Program, program

pytest.importorskip("zmq", reason="one of the recipes needs pyzmq")

import zmq

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")

MEGABYTE = 1024  # in KiB, the unit of /proc
WAIT_S = 5
SILENCE_MS = 100
MANY = 200


class Place(NamedTuple):
    """What a stranger knows: a port, and somebody else's keys."""

    port: int
    keys: Path
    foreign: Path


Stranger = Callable[[Place, ExitStack], None]


def says(data: bytes, callers: int = 1) -> Stranger:
    """Says that, and stays on the line."""

    def call(place: Place, stack: ExitStack) -> None:
        for _ in range(callers):
            caller = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", place.port), timeout=WAIT_S))
            )
            caller.sendall(data)

    return call


def over_tls(prepare: Callable[[ssl.SSLContext, Place], None]) -> Stranger:
    """Comes by TLS, says a good hello, and is to hear nothing."""

    def call(place: Place, stack: ExitStack) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        prepare(tls, place)
        caller = socket.create_connection(("127.0.0.1", place.port), timeout=WAIT_S)
        stack.enter_context(closing(caller))
        with suppress(ssl.SSLError, ConnectionError):
            secured = stack.enter_context(closing(tls.wrap_socket(caller)))
            token, text = hello.Hello("Ping", "socket", 50, 0).as_message()
            secured.sendall(tcp_socket.HEADER.pack(token, len(text)) + text)
            assert secured.recv(1) == b""

    return call


def foreign_certificate(tls: ssl.SSLContext, place: Place) -> None:
    theirs = Keys(place.foreign / "ping", "ping")
    tls.load_cert_chain(theirs.certificate, theirs.private)


def certificate_of_the_listener(tls: ssl.SSLContext, place: Place) -> None:
    stolen = Keys(place.keys / "pong", "pong")
    tls.load_cert_chain(stolen.certificate, stolen.private)


def old_version(tls: ssl.SSLContext, place: Place) -> None:
    right = Keys(place.keys / "ping", "ping")
    tls.load_cert_chain(right.certificate, right.private)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2


def expired_certificate(tls: ssl.SSLContext, place: Place) -> None:
    expired = Keys(place.keys / "expired", "ping")
    tls.load_cert_chain(expired.certificate, expired.private)


def half_a_handshake() -> bytes:
    """The beginning of what a TLS client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    first = outgoing.read()
    return first[: len(first) // 2]


def over_zeromq(prepare: Callable[[zmq.SyncSocket, Place], None]) -> Stranger:
    """Comes by ZeroMQ, says a good hello, and is to hear nothing."""

    def call(place: Place, stack: ExitStack) -> None:
        context = stack.enter_context(zmq.Context())
        caller = stack.enter_context(context.socket(zmq.DEALER))
        caller.linger = 0
        caller.reconnect_ivl = 50
        prepare(caller, place)
        caller.connect(f"tcp://127.0.0.1:{place.port}")
        token, text = hello.Hello("Ping", "zeromq", 50, 0).as_message()
        caller.send(token.to_bytes(8, "big") + text)
        assert caller.poll(SILENCE_MS) == 0

    return call


def foreign_key(caller: zmq.SyncSocket, place: Place) -> None:
    caller.curve_publickey, caller.curve_secretkey = zmq.curve_keypair()
    caller.curve_serverkey = Keys(place.keys / "ping", "ping").for_curve()[2]


def wrong_server_key(caller: zmq.SyncSocket, place: Place) -> None:
    right = Keys(place.keys / "ping", "ping").for_curve()
    caller.curve_publickey, caller.curve_secretkey = right[:2]
    caller.curve_serverkey = zmq.curve_keypair()[0]


def no_key(caller: zmq.SyncSocket, place: Place) -> None:
    """Plain ZeroMQ."""


def a_password(caller: zmq.SyncSocket, place: Place) -> None:
    caller.plain_username, caller.plain_password = b"admin", b"admin"


FORGERY = b"\x01\x00\x03\x00\x35\x31"  # of ZMTP 1.0: an anonymous greeting, and a message
GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE"

ANYWHERE: dict[str, Stranger] = {
    "silent": says(b""),
    "garbage": says(random.Random(1).randbytes(1000)),
    "http": says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "zmtp 1.0": says(FORGERY),
    "200 at once": says(b"", MANY),
    "200 with garbage": says(b"\xff" * 100, MANY),
}
STRANGERS: dict[str, dict[str, Stranger]] = {
    "socket": {
        **ANYWHERE,
        "plain": says(tcp_socket.HEADER.pack(hello.MARK, hello.SIZE) + b" " * hello.SIZE),
        "half a handshake": says(half_a_handshake()),
        "no certificate": over_tls(lambda tls, place: None),
        "wrong authority": over_tls(foreign_certificate),
        "wrong purpose": over_tls(certificate_of_the_listener),
        "expired": over_tls(expired_certificate),
        "tls 1.2": over_tls(old_version),
    },
    "zeromq": {
        **ANYWHERE,
        "plain": over_zeromq(no_key),
        "password": over_zeromq(a_password),
        "half a handshake": says(GREETING),
        "wrong key": over_zeromq(foreign_key),
        "wrong server key": over_zeromq(wrong_server_key),
    },
}
TABLE = [(recipe, stranger) for recipe, table in STRANGERS.items() for stranger in table]
BARE = [(recipe, stranger) for recipe in STRANGERS for stranger in ANYWHERE]


@pytest.fixture(scope="session")
def place_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good keys of both sides, and a certificate of Ping's that ended yesterday."""

    from ipc_cookbook.hosts import new_keys

    folder = tmp_path_factory.mktemp("strangers") / "keys"
    new_keys.make(str(folder), [])
    now = datetime.now(UTC)
    authority = new_keys.Authority(now + timedelta(days=1))
    for name, side, ends in (
        ("ping", "ping", None),
        ("pong", "pong", None),
        ("expired", "ping", now - timedelta(minutes=1)),
    ):
        keys = Keys(folder / name, side)
        keys.folder.mkdir(exist_ok=True)
        for path in (keys.authority, keys.certificate, keys.private):
            path.unlink(missing_ok=True)
        hosts = [new_keys.host_name(host) for host in new_keys.ALWAYS_NAMED]
        new_keys.write_tls(keys, authority.certificate, *authority.issue(side, hosts, ends=ends))
    return folder


def peak_memory(pid: int) -> int:
    """The most that a process has had in memory, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def with_keys(keys: Path | None, side: str) -> list[str]:
    return ["--keys", str(keys / side)] if keys else []


@contextmanager
def listening(recipe: str, keys: Path | None, *options: str) -> Iterator[tuple[Program, int]]:
    arguments = (recipe, "--listen", "127.0.0.1:0", *with_keys(keys, "pong"), *options)
    with program(*arguments) as pong:
        yield pong, int(pong.hear(r"listening on .*:(\d+)$")[1])


def check_end(side: Program, word: str) -> None:
    status, out, err = side.finish()
    assert status == 0, err
    assert word * 25 == out.strip()


def play_among(
    recipe: str, strangers: Sequence[Stranger], keys: Path | None, foreign: Path
) -> None:
    """Strangers come before the right peer, stay, and come again in mid-game."""
    options = ("--delay", "0.03")
    with listening(recipe, keys, *options) as (pong, port), ExitStack() as stack:
        place = Place(port, keys or foreign, foreign)
        player = pong.player()
        before = peak_memory(player)
        for stranger in strangers:
            stranger(place, stack)
        address = f"127.0.0.1:{port}"
        with program(recipe, "--connect", address, *with_keys(keys, "ping"), *options) as ping:
            ping.see(1)
            for stranger in strangers:
                stranger(place, stack)
            assert peak_memory(player) - before < 20 * MEGABYTE
            assert ping.finish()[:2] == (0, "Ping" * 24 + "\n")
            check_end(pong, "Pong")


@pytest.mark.sweep
@pytest.mark.parametrize(("recipe", "stranger"), TABLE)
def test_a_stranger(recipe: str, stranger: str, place_keys: Path, foreign_keys: Path) -> None:
    play_among(recipe, [STRANGERS[recipe][stranger]], place_keys, foreign_keys)


@pytest.mark.sweep
@pytest.mark.parametrize(("recipe", "stranger"), BARE)
def test_a_stranger_where_there_are_no_keys(recipe: str, stranger: str, foreign_keys: Path) -> None:
    play_among(recipe, [ANYWHERE[stranger]], None, foreign_keys)


def crowd(table: dict[str, Stranger]) -> list[Stranger]:
    """All of them; 200 at once are enough."""
    return [call for name, call in table.items() if name != "200 with garbage"]


def test_all_strangers_together(recipe: str, place_keys: Path, foreign_keys: Path) -> None:
    play_among(recipe, crowd(STRANGERS[recipe]), place_keys, foreign_keys)


def test_all_strangers_together_where_there_are_no_keys(recipe: str, foreign_keys: Path) -> None:
    play_among(recipe, crowd(ANYWHERE), None, foreign_keys)


class Tap:
    """Between two sides: hands on what each says, and keeps what the caller said."""

    def __init__(self, port: int) -> None:
        self.said = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.target = port
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()

    def serve(self) -> None:
        with self.listener:
            while True:
                caller, _ = self.listener.accept()
                with caller, socket.create_connection(("127.0.0.1", self.target)) as called:
                    back = threading.Thread(target=self.hand_on, args=(called, caller, False))
                    back.start()
                    said = self.hand_on(caller, called, True)
                    back.join()
                if said:  # the first caller only knocks
                    self.said = said
                    return

    def hand_on(self, source: socket.socket, target: socket.socket, is_kept: bool) -> bytes:
        said = b""
        with suppress(OSError):
            while data := source.recv(65536):
                said += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        return said

    def join(self) -> bytes:
        for thread in self.threads:
            thread.join()
        return self.said


def test_what_was_overheard_and_said_again_gets_nowhere(recipe: str, place_keys: Path) -> None:
    """All that Ping said in a game, the hello first, is played back to a new listener."""
    options = ("--delay", "0")
    with listening(recipe, place_keys, *options) as (pong, port):
        tap = Tap(port)
        address = f"127.0.0.1:{tap.port}"
        with program(
            recipe, "--connect", address, *with_keys(place_keys, "ping"), *options
        ) as ping:
            check_end(ping, "Ping")
            check_end(pong, "Pong")
        overheard = tap.join()
    assert len(overheard) > 1000
    with listening(recipe, place_keys, *options) as (pong, port), ExitStack() as stack:
        says(overheard)(Place(port, place_keys, place_keys), stack)
        address = f"127.0.0.1:{port}"
        with program(
            recipe, "--connect", address, *with_keys(place_keys, "ping"), *options
        ) as ping:
            check_end(ping, "Ping")
            check_end(pong, "Pong")
