"""One player ends, dies or stops in mid-game: the other one says so, and nothing hangs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from driver import COOKBOOK, Running, run
from ipc_cookbook.hosts.remote import reaching_hosts
from streams import LIMIT_S
from two_players import calling, free_address, player_of, read_words, two_players

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")

PLAYERS = ("Ping", "Pong")
SAID = 3


def kill_player(program: Running) -> None:
    os.kill(player_of(program), signal.SIGKILL)


WHO = pytest.mark.parametrize(
    ("remote", "who"),
    [
        pytest.param(recipe, who, marks=[] if who == PLAYERS[number % 2] else [pytest.mark.sweep])
        for number, recipe in enumerate(reaching_hosts())
        for who in PLAYERS
    ],
    indirect=["remote"],
)
"""One player of each recipe; the other one is for the sweep."""

ENDS: dict[str, tuple[Callable[[Running], None], int, str]] = {
    "Ctrl-C": (Running.interrupt, 130, r"interrupted$"),
    "player killed": (kill_player, 1, r"P[io]ng \(pid \d+\) was killed by SIGKILL after 3 words$"),
    "program killed": (Running.kill, -9, ""),
}


@pytest.mark.parametrize("how", ENDS)
@WHO
def test_one_player_ends(remote: str, keys: Path, who: str, how: str) -> None:
    end, expected, message = ENDS[how]
    with two_players(remote, keys, "--delay", "0.1") as both:
        ending, living = both if who == "Ping" else both[::-1]
        read_words(ending, SAID)
        end(ending)
        assert re.search(message, ending.end(expected)[1])
        words, err = living.end(1)
        (other,) = set(PLAYERS) - {who}
        said = words.count(other)
        assert SAID - 1 <= said <= SAID + 1
        assert err.splitlines()[-1] == (
            f"ipc_cookbook: the other side ended the game; {other} had said {said} of its 25 words"
        )


@WHO
def test_nobody_sleeps_through_the_end(remote: str, keys: Path, who: str) -> None:
    with two_players(remote, keys, "--delay", "3600", "--timeout", "none") as both:
        ending, living = both if who == "Ping" else both[::-1]
        for program in both:
            read_words(program, 1)
        ending.interrupt()
        ending.end(130)
        assert "the other side ended the game" in living.end(1)[1]


@WHO
def test_one_player_is_stopped(remote: str, keys: Path, who: str) -> None:
    with two_players(remote, keys, "--delay", "0.1", "--timeout", "2") as both:
        stopped, living = both if who == "Ping" else both[::-1]
        read_words(stopped, SAID)
        player = player_of(stopped)
        stopped.signal(signal.SIGSTOP)
        os.kill(player, signal.SIGSTOP)
        (other,) = set(PLAYERS) - {who}
        late = rf"not over after 2 s: {other} had said \d of its words"
        assert re.search(late, living.end(124)[1])
        stopped.signal(signal.SIGCONT)
        stopped.end(1, 124)
        assert not Path(f"/proc/{player}").exists()


def test_nobody_reads_the_words(remote: str, keys: Path) -> None:
    """As with ``| head -c 8``: it is no error, and there as here the other side hears of it."""
    with two_players(remote, keys, "--delay", "0.05") as (ping, pong):
        read_words(pong, 2)
        pong.out.close()
        assert "ipc_cookbook:" not in pong.end(141)[1]
        assert "the other side ended the game" in ping.end(1)[1]


def test_nobody_reads_the_reports(remote: str, keys: Path) -> None:
    """A pipe that is full, of other programs' lines say, does not hold up the game."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while os.write(write, bytes(4096)):
            pass
    os.set_blocking(write, True)
    address = free_address()
    command = [*COOKBOOK, remote, "--listen", address, "--keys", str(keys / "pong")]
    with (
        subprocess.Popen([*command, "--delay", "0"], stdout=subprocess.PIPE, stderr=write) as pong,
        calling(remote, keys, address, "--delay", "0") as ping,
    ):
        os.close(write)
        ping.end(0)
        reading = threading.Thread(target=read_to_the_end, args=(read,))
        reading.start()
        assert pong.wait(LIMIT_S) == 0
        reading.join()


def read_to_the_end(descriptor: int) -> None:
    while os.read(descriptor, 65536):
        pass
    os.close(descriptor)


def test_a_silent_listener_is_what_is_waited_for(remote: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        options = ("--connect", address, "--keys", keys / "ping", "--timeout", "0.7")
        done = run(*COOKBOOK, remote, *options, status=124)
    assert done.stderr == f"ipc_cookbook: not over after 0.7 s: waiting for {address}\n"


def test_nobody_comes(remote: str, keys: Path) -> None:
    options = ("--listen", "127.0.0.1:0", "--keys", keys / "pong", "--timeout", "0.7")
    done = run(*COOKBOOK, remote, *options, status=124)
    told = r"\w+: listening on (\S+)\nipc_cookbook: not over after 0.7 s: listening on \1\n"
    assert re.fullmatch(told, done.stderr)
