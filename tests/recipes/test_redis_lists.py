"""What the Redis recipe promises besides the game: nothing lost, left, or touched of others'."""

from __future__ import annotations

import multiprocessing
import os
import signal
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_UNIX, SHUT_RDWR, create_server, socket
from subprocess import Popen

import pytest

from driver import COOKBOOK, Running, until
from faulty import FaultyTransport, OwnFault
from ipc_cookbook import (
    ConnectionFailed,
    PlayerDied,
    play_remote,
    run_pingpong,
)
from samples import skip_unless_here
from servers import Known
from two_players import read_words

NAME = "redis"
skip_unless_here(NAME)

import redis  # noqa: E402
import trustme  # noqa: E402

from ending import start  # noqa: E402
from ipc_cookbook.recipes import redis_lists  # noqa: E402
from ipc_cookbook.recipes.redis_lists import PROGRAM, ServerEnd  # noqa: E402

SPAWN = multiprocessing.get_context("spawn")


def fill(endpoint: ServerEnd, _: int) -> None:
    """From now on the server has no memory for anything new."""
    endpoint.server.config_set("maxmemory", 1)


def start_again(endpoint: ServerEnd, server: int) -> None:
    """Another server takes the place of the first one, which dies."""
    address = endpoint.url.removeprefix("unix://")
    take_the_place_of(address, server)


def take_the_place_of(address: str, server: int) -> Popen[str]:
    program, _ = start(
        [PROGRAM, "--save", "", "--port", "0", "--unixsocket", address], "eady to accept"
    )
    os.kill(server, signal.SIGKILL)
    return program


OWN_FAULTS = {
    "server full": OwnFault(fill, blames_server=False),
    "server restarted": OwnFault(start_again, blames_server=True),
}


@pytest.fixture
def ends() -> Iterator[tuple[ServerEnd, ServerEnd]]:
    with redis_lists.open_pair(SPAWN, 100) as (first, second), first, second:
        yield first, second


def test_what_was_taken_is_kept_until_the_next_is_asked_for(
    ends: tuple[ServerEnd, ServerEnd],
) -> None:
    first, second = ends
    first.send((1, b"one"))
    first.send((2, b"two"))
    assert second.recv() == (1, b"one")
    assert first.server.lrange(second.taken, 0, -1) == [(1).to_bytes(8) + b"one"]
    assert second.recv() == (2, b"two")
    assert first.server.lrange(second.taken, 0, -1) == [(2).to_bytes(8) + b"two"]


def test_every_list_goes_by_itself(ends: tuple[ServerEnd, ServerEnd]) -> None:
    first, second = ends
    first.send((1, b""))
    second.recv()
    first.send((2, b""))
    keys = first.server.keys("*")
    assert sorted(keys) == sorted([second.own.encode(), second.taken.encode()])
    assert all(0 < first.server.ttl(key) <= redis_lists.DAY_S for key in keys)


def test_nobody_else_can_enter_the_folder(ends: tuple[ServerEnd, ServerEnd]) -> None:
    folder = Path(ends[0].url.removeprefix("unix://")).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_listens_on_no_port_and_keeps_nothing(ends: tuple[ServerEnd, ServerEnd]) -> None:
    settings = ends[0].server.config_get("port", "save", "appendonly")
    assert settings == {"port": "0", "save": "", "appendonly": "no"}


def test_whoever_waits_hears_of_the_death_of_the_server() -> None:
    with pytest.raises(PlayerDied) as caught:
        run_pingpong(FaultyTransport(NAME, fault="kill server", token=10))
    assert (caught.value.player, caught.value.exitcode) == ("redis-server", -signal.SIGKILL)


def test_a_full_server_is_named_in_the_error() -> None:
    with pytest.raises(PlayerDied, match="OutOfMemoryError") as caught:
        run_pingpong(FaultyTransport(NAME, fault="server full", token=10))
    assert isinstance(caught.value.__cause__, redis.exceptions.OutOfMemoryError)


def test_a_server_that_was_started_again_is_no_silent_one() -> None:
    """A client that connects anew by itself would wait at an empty list."""
    with redis_lists.open_pair(SPAWN, 0) as (first, second):
        (server,) = multiprocessing.active_children()
        own, other = first.__enter__(), second.__enter__()
        with (
            own.server,
            other.server,
            another_in_its_place(own, server.pid or 0),
            pytest.raises(redis.exceptions.ConnectionError),
        ):
            other.recv()


@contextmanager
def another_in_its_place(end: ServerEnd, server: int) -> Iterator[None]:
    """Once somebody waits in BLMOVE."""
    programs: list[Popen[str]] = []

    def take_place() -> None:
        while not any(client["cmd"] == "blmove" for client in end.server.client_list()):
            pass
        programs.append(take_the_place_of(end.url.removeprefix("unix://"), server))

    thread = threading.Thread(target=take_place)
    thread.start()
    yield
    thread.join()
    for program in programs:
        program.kill()
        program.communicate()


def folders(program: Running) -> list[Path]:
    """What the server has in its program's temporary folder."""
    return [path.parent for path in Path(program.folder).glob("*/redis")]


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_folder_goes_with_the_program(blow: signal.Signals, start_method: str) -> None:
    options = (NAME, "--start-method", start_method, "--delay", "1")
    with Running(*COOKBOOK, *options, is_tidy=False) as program:
        read_words(program, 1)
        assert folders(program)
        program.signal(blow, "parent" if blow == signal.SIGKILL else "group")
        program.end(-blow, 130, 143, traceback=None)
        until(lambda: not folders(program))


# Between hosts


@contextmanager
def through_tls(address: str, authority: trustme.CA) -> Iterator[int]:
    """A port on which somebody encrypts, in front of a server that cannot."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    open_ends: list[socket] = []

    def copy(source: socket, target: socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in source, target:
            with suppress(OSError):
                end.shutdown(SHUT_RDWR)

    def serve(listener: socket) -> None:
        with suppress(OSError):
            while True:
                plain = listener.accept()[0]
                with suppress(OSError):
                    caller = context.wrap_socket(plain, server_side=True)
                    server = socket(AF_UNIX)
                    server.connect(address)
                    open_ends.extend([caller, server])
                    for pair in (caller, server), (server, caller):
                        threads.append(threading.Thread(target=copy, args=pair))
                        threads[-1].start()

    with create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=serve, args=[listener])]
        threads[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(SHUT_RDWR)
            for end in open_ends:
                with suppress(OSError):
                    end.shutdown(SHUT_RDWR)
            for thread in threads:
                thread.join()
            for end in open_ends:
                end.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Known, str]]:
    """A server that wants a password, and only speaks TLS; and whose signature it shows."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with redis_lists.open_pair(SPAWN, 0) as (end, _), end:
        end.server.config_set("requirepass", "secret")
        with through_tls(end.url.removeprefix("unix://"), authority) as port:
            url = f"rediss://127.0.0.1:{port}"
            yield Known(NAME, url, "secret", 0), f"?ssl_ca_certs={tmp_path / 'authority.pem'}"


def test_with_tls_and_a_password(guarded: tuple[Known, str]) -> None:
    server, trust = guarded
    server = server._replace(url=server.url + trust)
    options = ("--game", "one", "--delay", "0")
    with server.player("Ping", *options) as ping, server.player("Pong", *options) as pong:
        for program in ping, pong:
            _, err = program.end(0)
            assert f"through {guarded[0].url};" in err


def test_a_certificate_that_nobody_knows(guarded: tuple[Known, str]) -> None:
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        play_remote(NAME, server=guarded[0].url, player="Ping", password="secret")
    assert caught.value.reason == "no server"


def test_a_wrong_password(guarded: tuple[Known, str]) -> None:
    server, trust = guarded
    with pytest.raises(ConnectionFailed, match="AuthenticationError") as caught:
        play_remote(NAME, server=server.url + trust, player="Ping", password="open sesame")
    assert "open sesame" not in str(caught.value)


def test_what_does_not_answer_as_a_server_does() -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}?socket_timeout=0.3"
        with pytest.raises(ConnectionFailed, match="TimeoutError"):
            play_remote(NAME, server=url, player="Ping")


def test_a_strangers_list_is_not_touched(ends: tuple[ServerEnd, ServerEnd]) -> None:
    own, _ = ends
    own.server.rpush("a list of somebody's", "one", "two")
    server = Known(NAME, own.url, "", 0)
    options = ("--game", "one", "--delay", "0")
    with server.player("Ping", *options) as ping, server.player("Pong", *options) as pong:
        ping.end(0)
        pong.end(0)
    assert own.server.lrange("a list of somebody's", 0, -1) == [b"one", b"two"]
    assert own.server.ttl("a list of somebody's") == -1
    left = [key for key in own.server.keys("*") if b"ipc_cookbook.one." in key]
    assert all(own.server.ttl(key) > 0 for key in left)


def test_the_game_is_somebody_elses(ends: tuple[ServerEnd, ServerEnd]) -> None:
    own, _ = ends
    own.server.rpush("ipc_cookbook.one.Ping.word", (7).to_bytes(8))
    with pytest.raises(ConnectionFailed, match="somebody else plays the game one") as caught:
        play_remote(NAME, server=own.url, player="Ping", game="one")
    assert caught.value.reason == "no game"
