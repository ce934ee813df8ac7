"""Whom TLS lets in, who trusts whom, and what the right keys do not allow."""

from __future__ import annotations

import multiprocessing
import re
import shutil
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from driver import COOKBOOK, Running
from ipc_cookbook import ConnectionFailed, PeerLost, catalog, play_remote
from ipc_cookbook.hosts import door, reach, side
from ipc_cookbook.hosts.address import Address, parse
from ipc_cookbook.hosts.hello import MARK, NUMBERS, PROTOCOL, Hello
from ipc_cookbook.hosts.side import Meeting, Notice
from strangers import WAIT_S, Place, Stranger
from test_two_hosts_strangers import play_among
from two_players import calling, failed_call, free_address, listening, play_both, served

pytestmark = pytest.mark.part

trustme = pytest.importorskip("trustme", reason="keys are made with it")

HOUR = timedelta(hours=1)
UNHEARD = Notice(None, set())
HOSTS = ("localhost", "127.0.0.1")


def test_what_it_is_encrypted_with(remote: str, keys: Path) -> None:
    for result in play_both(remote, keys, {}, {}).values():
        assert result.peer is not None
        assert result.peer.cipher is not None
        assert result.peer.cipher.startswith("TLSv1.3 ")


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_patience_ends_with_the_handshake(
    remote: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the game itself a word may take longer."""
    for module in door, side:
        monkeypatch.setattr(module, "PATIENCE_S", 0.3)  # of players that are forked
    slow = {"tokens": 4, "delay": 0.6, "start_method": "fork"}
    results = play_both(remote, keys, slow, slow)
    assert all(result.ok for result in results.values())


# Keys that do not go together


def issued(authority: Any, path: Path, player: str, trusted: Any = None, **dates: Any) -> Path:
    """A player's keys, made by one authority, and trusting it or another one."""
    certificate = authority.issue_cert(*HOSTS, common_name=player, **dates)
    own = certificate.private_key_and_cert_chain_pem.bytes()
    path.write_bytes(own + (trusted or authority).cert_pem.bytes())
    path.chmod(0o600)
    return path


def secured(recipe: str, own: socket.socket, keys: Path, server: str | None = None) -> Any:
    """The recipe's own end of a connection."""
    end: Any = catalog.load(recipe)
    return end.TlsEnd(own, str(keys), NUMBERS.size, server)


@contextmanager
def serving(recipe: str, keys: Path) -> Iterator[str]:
    """One that shakes hands with whoever comes, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with suppress(OSError, EOFError), caller, secured(recipe, caller, keys) as end:
                        end.recv()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_keys_that_were_not_made_together(remote: str, keys: Path, foreign_keys: Path) -> None:
    with listening(remote, keys) as (_, port):
        error = failed_call(remote, f"127.0.0.1:{port}", foreign_keys / "ping")
    assert error.reason == "not trusted"
    assert "were not made together" in str(error)


def test_wrong_name(remote: str, keys: Path) -> None:
    with listening(remote, keys, host="0.0.0.0") as (_, port):
        error = failed_call(remote, f"127.0.0.2:{port}", keys / "ping")
    assert error.reason == "wrong name"
    assert "127.0.0.2" in str(error)


@pytest.mark.parametrize(
    ("begins", "ends", "reason"), [(-2, -1, "expired"), (1, 2, "not yet valid")]
)
def test_its_certificate_is_out_of_date(
    remote: str, tmp_path: Path, begins: int, ends: int, reason: str
) -> None:
    authority, now = trustme.CA(), datetime.now(UTC)
    dates = {"not_before": now + begins * HOUR, "not_after": now + ends * HOUR}
    pong = issued(authority, tmp_path / "pong", "Pong", **dates)
    ping = issued(authority, tmp_path / "ping", "Ping", not_after=now + HOUR)
    with serving(remote, pong) as address:
        error = failed_call(remote, address, ping)
    assert error.reason == reason
    assert f"this machine's clock says {now:%Y-%m-%d %H:%M}" in str(error)


def test_somebody_else_in_pongs_place(remote: str, tmp_path: Path) -> None:
    """A certificate of the same authority, for the right host, that is not Pong's."""
    authority = trustme.CA()
    ping = issued(authority, tmp_path / "ping", "Ping", not_after=datetime.now(UTC) + HOUR)
    with serving(remote, ping) as address:
        error = failed_call(remote, address, ping)
    assert "its certificate is not Pong's" in str(error)


def test_an_old_version_is_not_taken_for_the_wrong_keys(remote: str, keys: Path) -> None:
    def answer(caller: socket.socket) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(keys / "pong")
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        with suppress(ssl.SSLError):
            tls.wrap_socket(caller, server_side=True)

    with served(answer) as address:
        error = failed_call(remote, address, keys / "ping")
    assert error.reason == "no TLS"
    assert "does not speak TLS 1.3" in str(error)


@pytest.mark.parametrize(
    ("alert", "reason"), [(40, "no TLS"), (48, "not trusted"), (80, "no TLS"), (116, "not trusted")]
)
def test_what_an_alert_is_about(remote: str, keys: Path, alert: int, reason: str) -> None:
    """Of RFC 8446, 6.2: handshake_failure, unknown_ca, internal_error, certificate_required."""

    def answer(caller: socket.socket) -> None:
        caller.recv(10_000)
        caller.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))
        caller.recv(1)

    with served(answer) as address:
        assert failed_call(remote, address, keys / "ping").reason == reason


def spoil(path: Path) -> None:
    """Cut off in the middle, under the same name."""
    path.write_bytes(path.read_bytes()[:100])


def test_our_keys_are_spoilt_while_we_call(remote: str, keys: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(keys, tmp_path / "keys"))
    address = free_address()
    with calling(remote, own, address, "--delay", "0") as ping:
        ping.err.until("nobody listens there\n")
        good = (own / "ping").read_bytes()
        spoil(own / "ping")
        with Running(*COOKBOOK, remote, "--listen", address, "--keys", keys / "pong") as pong:
            told = ping.err.until(r"waiting for .*: the keys in .*ping cannot be used: .*\n")[0]
            assert "TLS" not in told
            (own / "ping").write_bytes(good)
            pong.end(0)
            ping.end(0)


def test_our_keys_are_spoilt_while_we_listen(remote: str, keys: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(keys, tmp_path / "keys"))
    with listening(remote, own, "--delay", "0") as (pong, port):
        good = (own / "pong").read_bytes()
        spoil(own / "pong")
        with calling(remote, keys, f"127.0.0.1:{port}", "--delay", "0") as ping:
            pong.err.until("turned away a caller .*: the keys in .*pong cannot be used: .*\n")
            (own / "pong").write_bytes(good)
            ping.end(0)
            pong.end(0)


@pytest.mark.parametrize(
    ("ends", "reason", "text"),
    [
        (-1, "expired", "it says that our certificate has expired; this machine's clock says"),
        (1, "not trusted", "it does not accept our certificate"),
    ],
)
def test_it_does_not_let_us_in(
    remote: str, tmp_path: Path, ends: int, reason: str, text: str
) -> None:
    """As it looks to a player that sees nothing wrong with its own keys."""
    right, wrong, end = trustme.CA(), trustme.CA(), datetime.now(UTC) + ends * HOUR
    (tmp_path / "keys").mkdir(mode=0o700)
    issued(right, tmp_path / "keys" / "pong", "Pong", not_after=datetime.now(UTC) + HOUR)
    own = tmp_path / "ping"
    issued(right if ends < 0 else wrong, own, "Ping", trusted=right, not_after=end)
    with listening(remote, tmp_path / "keys") as (pong, port):
        address = Address("127.0.0.1", port)
        meeting = Meeting(remote, address, str(own), "Ping", Hello(PROTOCOL, 50, 0), UNHEARD)
        with pytest.raises(ConnectionFailed) as caught:
            reach.call(address, meeting.meet, print)
        pong.err.until("turned away a caller from 127.0.0.1: .*\n")
    assert caught.value.reason == reason
    assert text in str(caught.value)


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
            end = secured(place.recipe, caller, place.keys)
            end.tls = stack.enter_context(closing(tls.wrap_socket(caller)))
            end.send(Hello(PROTOCOL, 50, 0).as_message())
            assert end.tls.recv(1) == b""

    return call


def no_certificate(tls: ssl.SSLContext, place: Place) -> None:
    """Any of whom is asked for one."""


def foreign_certificate(tls: ssl.SSLContext, place: Place) -> None:
    tls.load_cert_chain(place.foreign / "ping")


def certificate_of_the_listener(tls: ssl.SSLContext, place: Place) -> None:
    tls.load_cert_chain(place.keys / "pong")


def old_version(tls: ssl.SSLContext, place: Place) -> None:
    tls.load_cert_chain(place.keys / "ping")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2


def expired_certificate(tls: ssl.SSLContext, place: Place) -> None:
    tls.load_cert_chain(place.keys / "expired")


TLS_STRANGERS = (
    no_certificate,
    foreign_certificate,
    certificate_of_the_listener,
    old_version,
    expired_certificate,
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def keys_and_an_old_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good keys of both players, and a certificate of Ping's that ended a minute ago."""
    folder, authority, now = tmp_path_factory.mktemp("old"), trustme.CA(), datetime.now(UTC)
    issued(authority, folder / "ping", "Ping", not_after=now + 24 * HOUR)
    issued(authority, folder / "pong", "Pong", not_after=now + 24 * HOUR)
    issued(authority, folder / "expired", "Ping", not_after=now - HOUR / 60)
    return folder


@linux
@pytest.mark.sweep
@pytest.mark.parametrize("prepare", TLS_STRANGERS)
def test_a_stranger(
    remote: str, prepare: Any, keys_and_an_old_one: Path, foreign_keys: Path
) -> None:
    said = play_among(remote, [by_tls(prepare)], keys_and_an_old_one, foreign_keys)
    assert said.count("turned away") == 1


@linux
def test_all_strangers_together(remote: str, keys_and_an_old_one: Path, foreign_keys: Path) -> None:
    strangers = [by_tls(prepare) for prepare in TLS_STRANGERS]
    said = play_among(remote, strangers, keys_and_an_old_one, foreign_keys)
    assert said.count("turned away") == len(TLS_STRANGERS)


# Those who have the right keys, and do not play by the rules


@contextmanager
def thief(recipe: str, keys: Path, port: int) -> Iterator[Any]:
    """In Ping's place, by Ping's stolen keys."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as own,
        secured(recipe, own, keys / "ping", "localhost") as end,
    ):
        yield end


GOOD = Hello(PROTOCOL, 50, 0).as_message()
NO_HELLOS = [
    (MARK + 1, GOOD[1]),
    (MARK, GOOD[1][:-1]),
    (MARK, b""),
    (0, b"\x1b]0;owned\x07"),
]


def test_whoever_says_no_hello_is_turned_away(remote: str, keys: Path) -> None:
    with listening(remote, keys, "--delay", "0") as (pong, port):
        for message in NO_HELLOS:
            with thief(remote, keys, port) as end, suppress(ConnectionError):
                end.send(message)
                assert end.tls.recv(1) == b""
        with calling(remote, keys, f"127.0.0.1:{port}", "--delay", "0") as ping:
            ping.end(0)
        pong.end(0)
        assert pong.err.text.replace("\n", "").isprintable()
        assert "a caller from 127.0.0.1: no hello of this game\n" in pong.err.text


@pytest.mark.parametrize(
    ("hello", "what"),
    [
        (Hello(9, 50, 0), "protocol version 2 here, 9 there"),
        (Hello(2**16 - 1, 0, 2**64 - 1), "protocol version 2 here, 65535 there"),
        (Hello(2, 2**64 - 1, 0), f"tokens 50 here, {2**64 - 1} there"),
        (Hello(2, 50, 2**64 - 1), f"payload size 0 here, {2**64 - 1} there"),
    ],
)
def test_a_hello_of_another_game(remote: str, keys: Path, hello: Hello, what: str) -> None:
    with listening(remote, keys) as (pong, port):
        with thief(remote, keys, port) as end:
            end.send(hello.as_message())
            end.recv()
        err = pong.end(1)[1]
        assert err.splitlines()[-1] == f"ipc_cookbook: the two sides disagree: {what}"


@pytest.mark.parametrize("words", [1, 2, 9])
def test_a_peer_that_says_far_too_much(remote: str, keys: Path, words: int) -> None:
    """Is noticed at the first word out of order, however many more it says."""
    with listening(remote, keys, "--delay", "0", "--timeout", "none") as (pong, port):
        with thief(remote, keys, port) as end, suppress(OSError):
            end.send(Hello(PROTOCOL, 50, 0).as_message())
            end.recv()
            end.send((0, b""))
            for token in range(1, 2 * words, 2):
                end.send((token, b""))
                assert end.recv()[0] == token + 1
            for _ in range(123_584):
                end.send((1, b""))
        said, err = pong.end(1)
    assert said.strip() == "Pong" * words
    assert err.splitlines()[-1] == (
        f"ipc_cookbook: Ping broke the rules: it sent token 1 where {2 * words + 1} was due; Pong "
        f"had said {words} of its 25 words"
    )


@pytest.mark.parametrize("token", [0, 1, 3, 51, 2**64 - 1])
def test_a_listener_that_says_the_wrong_word(remote: str, keys: Path, token: int) -> None:
    """In Pong's place, by Pong's stolen keys."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with calling(remote, keys, address, "--timeout", "none") as ping:
            caller, _ = listener.accept()
            with caller, secured(remote, caller, keys / "pong") as end:
                end.recv()
                end.send(GOOD)
                assert [end.recv()[0] for _ in range(2)] == [0, 1]
                end.send((token, b""))
                said, err = ping.end(1)
    assert said == "Ping\n"
    assert err == (
        f"ipc_cookbook: Pong broke the rules: it sent token {token} where 2 was due; "
        "Ping had said 1 of its 25 words\n"
    )


@contextmanager
def hanging_up_at_once(own: socket.socket) -> Iterator[None]:
    """What has been sent may be lost with it."""
    try:
        yield
    finally:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


OFTEN = 200  # times to call, if the hello was lost each time


@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_a_caller_that_hangs_up_after_its_hello(remote: str, keys: Path) -> None:
    with listening(remote, keys) as (pong, port):
        with suppress(ConnectionRefusedError):
            for _ in range(OFTEN):  # ssl does not close what was reset before it looked
                with (
                    suppress(ConnectionResetError, ssl.SSLEOFError),
                    thief(remote, keys, port) as end,
                    hanging_up_at_once(end.tls),
                ):
                    end.send(GOOD)
        last = pong.end(1)[1].splitlines()[-1]
        assert last.startswith("ipc_cookbook: the other side ended the game")


def test_a_listener_that_hangs_up_after_its_hello(remote: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with calling(remote, keys, address) as ping:
            while not ping.has_ended:
                with suppress(TimeoutError, ConnectionError, EOFError):
                    caller, _ = listener.accept()
                    with caller, secured(remote, caller, keys / "pong") as end:
                        end.recv()
                        with hanging_up_at_once(end.tls):
                            end.send(GOOD)
            last = ping.end(1)[1].splitlines()[-1]
    assert re.fullmatch(
        r"ipc_cookbook: the other side ended the game; Ping had said [01] of its 25 words", last
    )


def test_a_peer_that_has_left_has_hung_up() -> None:
    """Its address is gone before anybody could look at it."""
    certificate = {"subject": ((("commonName", "Ping"),),)}
    with socket.socket() as gone:
        tls = SimpleNamespace(
            getpeercert=lambda binary_form=False: b"" if binary_form else certificate,
            cipher=lambda: ("", "", 0),
            getpeername=gone.getpeername,
        )
        with pytest.raises(ConnectionError):
            side.peer_of(SimpleNamespace(tls=tls))


@pytest.mark.parametrize("sizes", [[0], [99], [100, 0], [100, 100, 99]])
def test_a_payload_of_another_size(remote: str, keys: Path, sizes: list[int]) -> None:
    listen, path, hello = free_address(), str(keys / "ping"), Hello(PROTOCOL, 50, 100)
    meeting = Meeting(remote, parse("", listen), path, "Ping", hello, UNHEARD)
    given: dict[str, Any] = {"listen": listen, "keys": keys / "pong", "payload": bytes(100)}
    with ThreadPoolExecutor() as pool:
        game = pool.submit(play_remote, remote, **given)
        line, _ = reach.call(meeting.address, meeting.meet, print)
        end: Any = line.endpoint
        end.max_payload = 100
        with closing(end), suppress(OSError):
            for token, size in zip([0, 1, 3], sizes, strict=False):
                end.send((token, bytes(size)))
            end.tls.recv(1000)
        with pytest.raises(PeerLost) as caught:
            game.result()
    assert str(caught.value).startswith(
        f"Ping broke the rules: it sent {sizes[-1]} bytes of payload where 100 were due; "
    )


def test_a_peer_that_announces_too_much(remote: str, keys: Path) -> None:
    with listening(remote, keys, "--timeout", "none") as (pong, port):
        with thief(remote, keys, port) as end, suppress(OSError):
            end.send(Hello(PROTOCOL, 50, 0).as_message())
            end.recv()
            end.tls.sendall(bytes(8) + (2**62).to_bytes(8) + bytes(100_000))
            end.tls.recv(1)
        announced = f"Ping broke the rules: {2**62} bytes announced, up to 0 agreed"
        assert announced in pong.end(1)[1]


def test_a_peer_that_is_silent_after_its_hello(remote: str, keys: Path) -> None:
    """Its keys are right, so it is the deadline that ends this."""
    with (
        listening(remote, keys, "--timeout", "1.5") as (pong, port),
        thief(remote, keys, port) as end,
    ):
        end.send(Hello(PROTOCOL, 50, 0).as_message())
        end.recv()
        assert "not over after 1.5 s: Pong had said 0 of its" in pong.end(124)[1]
