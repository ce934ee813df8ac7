"""Two hosts over TCP: who TLS lets in, who trusts whom, and how long a caller may be silent."""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ipc_cookbook import ConnectionFailed
from ipc_cookbook.hosts import hello, tls_end
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.between import tcp_socket as over_tls
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.keys import Keys
from ipc_cookbook.hosts.line import Orders
from strangers import ANYWHERE, WAIT_S, Place, Stranger, crowd, play_among, says
from two_players import failed_call, listening, play_both

pytest.importorskip("cryptography", reason="keys are made with it")

from ipc_cookbook.hosts import new_keys
from ipc_cookbook.hosts.new_keys import Authority

HOUR = timedelta(hours=1)


def test_what_it_is_encrypted_with(keys: Path) -> None:
    for result in play_both("socket", keys, {}, {}).values():
        assert result.peer is not None
        assert result.peer.cipher == "TLSv1.3 TLS_AES_256_GCM_SHA384"


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_patience_ends_with_the_handshake(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the game itself a word may take longer."""
    monkeypatch.setattr(over_tls, "PATIENCE_S", 0.3)  # of players that are forked
    slow = {"tokens": 4, "delay": 0.6, "start_method": "fork"}
    results = play_both("socket", keys, slow, slow)
    assert all(result.ok for result in results.values())


def test_a_silent_caller_takes_no_more_than_the_patience() -> None:
    """The deadline is set before the handshake, for that waits as well."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    silent, called = socket.socketpair()
    with silent, called, pytest.raises(TimeoutError):
        tls_end.admit(called, tls, size=0, patience_s=0.1)


# Keys that do not go together


def test_keys_that_were_not_made_together(keys: Path, foreign_keys: Path) -> None:
    with listening("socket", keys) as (_, port):
        error = failed_call("socket", f"127.0.0.1:{port}", foreign_keys / "ping")
    assert error.reason == "not trusted"


def issued(folder: Path, player: str, authority: Authority, **more: Any) -> Path:
    """A player's keys, whose certificate is this authority's."""
    keys = Keys(folder, player)
    hosts = [new_keys.host_name(host) for host in new_keys.ALWAYS_NAMED]
    certificate, private = authority.issue(player, hosts, **more)
    for path in (keys.authority, keys.certificate, keys.private):
        path.unlink(missing_ok=True)
    new_keys.write_tls(keys, authority.certificate, certificate, private)
    return folder


@pytest.mark.parametrize(
    ("begins", "ends", "reason"), [(-2, -1, "expired"), (1, 2, "not yet valid")]
)
def test_its_certificate_is_out_of_date(
    tmp_path: Path, begins: int, ends: int, reason: str
) -> None:
    """It would not even start; so one is set up that does not look at its own certificate."""
    new_keys.make(str(tmp_path / "keys"))
    now = datetime.now(UTC)
    authority = Authority(now + HOUR)
    ping = issued(tmp_path / "keys" / "ping", "Ping", authority)
    when = {"begins": now + begins * HOUR, "ends": now + ends * HOUR}
    pong = Keys(issued(tmp_path / "keys" / "pong", "Pong", authority, **when), "Pong")
    tls = over_tls.context_for(pong, ssl.Purpose.CLIENT_AUTH)
    with serving(tls) as port:
        error = failed_call("socket", f"127.0.0.1:{port}", ping)
    assert error.reason == reason
    for moment in when.values():
        assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" in str(error)
    assert f"this machine's clock says {now:%Y-%m-%d %H:%M}" in str(error)


@contextmanager
def serving(tls: ssl.SSLContext) -> Iterator[int]:
    """A bare TLS server that shakes hands, or tries to, with whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with (
                        suppress(OSError),
                        caller,
                        tls.wrap_socket(caller, server_side=True) as own,
                    ):
                        own.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("ends", "reason", "text"),
    [
        (-1, "expired", "it says that our certificate has expired, by its clock"),
        (None, "not trusted", "it does not accept our certificate"),
    ],
)
def test_it_does_not_let_us_in(
    keys: Path, foreign_keys: Path, tmp_path: Path, ends: int | None, reason: str, text: str
) -> None:
    """As it looks to a player whose own clock sees nothing wrong, or whose authority is right."""
    if ends is None:
        listener = keys
        theirs = Keys(foreign_keys / "ping", "Ping")
        (tmp_path / "ping").mkdir()
        own = Keys(tmp_path / "ping", "Ping")
        own.authority.write_bytes((keys / "ping" / "tls-authority.pem").read_bytes())
        own.certificate.write_bytes(theirs.certificate.read_bytes())
        own.private.write_bytes(theirs.private.read_bytes())
    else:
        now = datetime.now(UTC)
        new_keys.make(str(tmp_path / "keys"))
        authority = Authority(now + HOUR)
        listener = tmp_path / "keys"
        issued(listener / "pong", "Pong", authority)
        folder = issued(tmp_path / "keys" / "ping", "Ping", authority, ends=now - 0.5 * HOUR)
        own = Keys(folder, "Ping")
    told: list[str] = []
    with listening("socket", listener) as (_, port):
        orders = Orders(
            Address("127.0.0.1", port), own, Hello("Ping", "socket", 50, 0), told.append
        )
        with pytest.raises(ConnectionFailed) as caught:
            over_tls.call(orders, over_tls.context_for(own, ssl.Purpose.SERVER_AUTH))
    assert caught.value.reason == reason
    assert text in str(caught.value)


def test_wrong_name(keys: Path) -> None:
    with listening("socket", keys, host="0.0.0.0") as (_, port):
        error = failed_call("socket", f"127.0.0.2:{port}", keys / "ping")
    assert error.reason == "wrong name"
    assert "127.0.0.2" in str(error)


# Strangers who speak TLS


def by_tls(prepare: Callable[[ssl.SSLContext, Place], None]) -> Stranger:
    """Says a good hello, and is to hear nothing."""

    def call(place: Place, stack: ExitStack) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        prepare(tls, place)
        caller = socket.create_connection(("127.0.0.1", place.port), timeout=WAIT_S)
        stack.enter_context(closing(caller))
        with suppress(ssl.SSLError, ConnectionError):
            secured = stack.enter_context(closing(tls.wrap_socket(caller)))
            token, text = hello.Hello("Ping", "socket", 50, 0).as_message()
            secured.sendall(tls_end.HEADER.pack(token, len(text)) + text)
            assert secured.recv(1) == b""

    return call


def foreign_certificate(tls: ssl.SSLContext, place: Place) -> None:
    theirs = Keys(place.foreign / "ping", "Ping")
    tls.load_cert_chain(theirs.certificate, theirs.private)


def certificate_of_the_listener(tls: ssl.SSLContext, place: Place) -> None:
    stolen = Keys(place.keys / "pong", "Pong")
    tls.load_cert_chain(stolen.certificate, stolen.private)


def old_version(tls: ssl.SSLContext, place: Place) -> None:
    right = Keys(place.keys / "ping", "Ping")
    tls.load_cert_chain(right.certificate, right.private)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2


def expired_certificate(tls: ssl.SSLContext, place: Place) -> None:
    expired = Keys(place.keys / "expired", "Ping")
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


STRANGERS: dict[str, Stranger] = {
    "plain": says(tls_end.HEADER.pack(hello.MARK, hello.SIZE) + b" " * hello.SIZE),
    "half a handshake": says(half_a_handshake()),
    "no certificate": by_tls(lambda tls, place: None),
    "wrong authority": by_tls(foreign_certificate),
    "wrong purpose": by_tls(certificate_of_the_listener),
    "expired": by_tls(expired_certificate),
    "tls 1.2": by_tls(old_version),
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.fixture(scope="session")
def place_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good keys of both players, and a certificate of Ping's that ended a minute ago."""
    folder = tmp_path_factory.mktemp("strangers") / "keys"
    new_keys.make(str(folder), [])
    now = datetime.now(UTC)
    authority = Authority(now + 24 * HOUR)
    (folder / "expired").mkdir()
    issued(folder / "ping", "Ping", authority)
    issued(folder / "pong", "Pong", authority)
    issued(folder / "expired", "Ping", authority, ends=now - HOUR / 60)
    return folder


@linux
@pytest.mark.sweep
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger(stranger: str, place_keys: Path, foreign_keys: Path) -> None:
    play_among("socket", [STRANGERS[stranger]], place_keys, foreign_keys)


@linux
def test_all_strangers_together(place_keys: Path, foreign_keys: Path) -> None:
    play_among("socket", crowd({**ANYWHERE, **STRANGERS}), place_keys, foreign_keys)
