"""What the NATS recipe promises besides the game: no eavesdropper, no word to nobody unnoticed."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import SHUT_WR, create_connection, create_server, socket

import pytest

from faulty import FaultyTransport, OwnFault
from ipc_cookbook import (
    ConnectionFailed,
    PlayerDied,
    play_remote,
    run_pingpong,
)
from samples import skip_unless_here
from servers import Known
from two_players import served

NAME = "nats"
skip_unless_here(NAME)

import trustme  # noqa: E402
from nats.errors import NoRespondersError  # noqa: E402

from ending import start, started  # noqa: E402
from ipc_cookbook.recipes import nats_subjects  # noqa: E402
from ipc_cookbook.recipes.nats_subjects import PROGRAM, ServerEnd  # noqa: E402

SPAWN = multiprocessing.get_context("spawn")
PING = b"PING\r\n"
SLOW_S = 0.2


def start_again(endpoint: ServerEnd, server: int) -> None:
    """The server dies, and another one listens at the same port."""
    port = endpoint.url.rpartition(":")[2]
    os.kill(server, signal.SIGKILL)
    start([PROGRAM, "-a", "127.0.0.1", "-p", port], "Server is ready")


OWN_FAULTS = {"server restarted": OwnFault(start_again, blames_server=True)}


@contextmanager
def both(first: ServerEnd, second: ServerEnd) -> Iterator[None]:
    """Both entered, each in a thread: they meet as they enter. The second one may leave first."""
    meeting = threading.Thread(target=second.__enter__)
    meeting.start()
    with first:
        meeting.join()
        try:
            yield
        finally:
            if not second.loop.is_closed():
                second.__exit__(None, None, None)


def test_they_meet_whoever_comes_first() -> None:
    for _ in range(5):
        with nats_subjects.open_pair(SPAWN, 3) as ends, both(*ends):
            first, second = ends
            first.send((1, b"one"))
            assert second.recv() == (1, b"one")
            second.send((2, b"two"))
            assert first.recv() == (2, b"two")


def a_word_to_nobody_is_answered(first: ServerEnd, second: ServerEnd) -> None:
    with both(first, second):
        second.__exit__(None, None, None)
        first.send((1, b"one"))
        with pytest.raises(NoRespondersError):
            first.recv()


def test_a_word_to_nobody_is_answered_by_the_server() -> None:
    with nats_subjects.open_pair(SPAWN, 3) as ends:
        a_word_to_nobody_is_answered(*ends)


@contextmanager
def slow_line(end: ServerEnd) -> Iterator[None]:
    """All that it says to the server takes its time, but for a ping."""
    port = int(end.url.rpartition(":")[2])

    def pass_on(source: socket, target: socket, slow: bool) -> None:
        while data := source.recv(2**16):
            for piece in data.partition(PING):
                time.sleep(SLOW_S if slow and piece not in (b"", PING) else 0)
                target.sendall(piece)
        with suppress(OSError):  # it has gone, too
            target.shutdown(SHUT_WR)

    def serve() -> None:
        caller, _ = listener.accept()
        with caller, create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pass_on, args=(server, caller, False))
            back.start()
            pass_on(caller, server, True)
            back.join()

    with create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve)
        serving.start()
        end.url = f"nats://127.0.0.1:{listener.getsockname()[1]}"
        yield
        serving.join()


def test_whoever_has_left_over_a_slow_line_has_left() -> None:
    with nats_subjects.open_pair(SPAWN, 3) as ends, slow_line(ends[1]):
        a_word_to_nobody_is_answered(*ends)


def test_whoever_waits_hears_of_the_death_of_the_server() -> None:
    with pytest.raises(PlayerDied) as caught:
        run_pingpong(FaultyTransport(NAME, fault="kill server", token=10))
    assert (caught.value.player, caught.value.exitcode) == ("nats-server", -signal.SIGKILL)


def answer_to(url: str, login: str) -> bytes:
    """What a server says to a stranger."""
    host, port = url.removeprefix("nats://").split(":")
    with create_connection((host, int(port)), timeout=10) as stranger:
        stranger.recv(5000)
        stranger.sendall(b"CONNECT {%s}\r\nPING\r\n" % login.encode())
        return stranger.recv(5000)


GUESSES = '"verbose": false', '"user": "player", "pass": "guess"'


@pytest.mark.parametrize("login", GUESSES)
def test_nobody_connects_without_the_password(login: str) -> None:
    with nats_subjects.open_pair(SPAWN, 0) as (end, _):
        assert b"Authorization Violation" in answer_to(end.url, login)
        own = f'"user": "{end.user}", "pass": "{end.password}"'
        assert b"PONG" in answer_to(end.url, own)


def test_the_password_is_in_no_list_of_processes() -> None:
    with nats_subjects.open_pair(SPAWN, 0) as (end, _):
        (server,) = multiprocessing.active_children()
        for place in "cmdline", "environ":
            found = Path(f"/proc/{server.pid}/{place}").read_bytes()
            assert end.password.encode() not in found


def test_it_listens_on_the_loopback_address_alone() -> None:
    with nats_subjects.open_pair(SPAWN, 0) as (end, _):
        assert re.fullmatch(r"nats://127\.0\.0\.1:\d+", end.url)


def test_a_payload_that_no_server_takes() -> None:
    with (
        pytest.raises(ValueError, match="67108864 bytes, not 67108865"),
        nats_subjects.open_pair(SPAWN, 64 * 1024**2 + 1),
    ):
        pass


def test_strangers_that_are_turned_away_do_no_harm() -> None:
    """The server writes a line about each, and nobody reads them."""
    with nats_subjects.open_pair(SPAWN, 3) as ends:
        for _ in range(1000):
            answer_to(ends[0].url, GUESSES[1])
        with both(*ends):
            ends[0].send((1, b"one"))
            assert ends[1].recv() == (1, b"one")


# Between hosts


@contextmanager
def own_server(tmp_path: Path, *lines: str) -> Iterator[Known]:
    """One that is told more than the recipe tells it."""
    file = tmp_path / "server.conf"
    file.write_text("\n".join(['listen: "127.0.0.1:-1"', *lines]))
    with started([PROGRAM, "-c", str(file)], "Server is ready") as (pid, said):
        found = re.search(r"client connections on (\S+)", said)
        assert found
        yield Known(NAME, f"nats://{found[1]}", "", pid)


def encrypting(tmp_path: Path) -> list[str]:
    """What makes a server speak TLS alone, with a certificate of this authority."""
    authority = trustme.CA()
    identity = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    identity.private_key_pem.write_to_path(tmp_path / "key.pem")
    identity.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    return [
        f'tls: {{cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem"}}',
        'authorization: {user: me, password: "secret"}',
    ]


def with_tls(server: Known) -> str:
    return server.url.replace("nats://", "tls://me@")


def test_with_tls_and_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_server(tmp_path, *encrypting(tmp_path)) as plain:
        server = plain._replace(url=with_tls(plain), password="secret")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        options = ("--game", "one", "--delay", "0")
        with server.player("Ping", *options) as ping, server.player("Pong", *options) as pong:
            for program in ping, pong:
                assert "through tls://127.0.0.1:" in program.end(0)[1]


def test_a_certificate_that_nobody_knows(tmp_path: Path) -> None:
    with (
        own_server(tmp_path, *encrypting(tmp_path)) as server,
        pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        play_remote(NAME, server=with_tls(server), player="Ping", password="secret")


INFO = b'INFO {"version": "2.11.0", "headers": true, "max_payload": 1048576%s}\r\n'


@pytest.mark.parametrize("more", [b"", b', "auth_required": true'], ids=["open", "guarded"])
def test_a_server_that_does_not_encrypt_never_hears_the_password(more: bytes) -> None:
    """nats-py leaves it to the server whether there is TLS, whatever the URL says."""
    heard = []

    def answer(caller: socket) -> None:
        caller.sendall(INFO % more)
        while data := caller.recv(1000):
            heard.append(data)
            if b"PING" in data:
                caller.sendall(b"PONG\r\n")

    with served(answer) as address, pytest.raises(ConnectionFailed) as caught:
        play_remote(NAME, server=f"tls://me@{address}", player="Ping", password="secret")
    assert "the server does not speak TLS" in str(caught.value)
    assert b"secret" not in b"".join(heard)


def test_a_server_that_is_full(tmp_path: Path) -> None:
    with own_server(tmp_path, "max_connections: 1") as server:
        host, port = server.url.removeprefix("nats://").split(":")
        with create_connection((host, int(port)), timeout=10) as only:
            assert only.recv(5000).startswith(b"INFO")
            with pytest.raises(ConnectionFailed) as caught:
                play_remote(NAME, server=server.url, player="Pong", game="one")
            assert caught.value.reason == "no server"
