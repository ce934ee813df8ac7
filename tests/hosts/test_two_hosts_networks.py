"""Two network namespaces, a wire between them, and a player in each: as with a cable."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import networks
from driver import COOKBOOK, Running
from networks import Host, badly_joined, joined
from two_players import read_words, result_of
from wire import TUN

reason = networks.why_not()
pytestmark = pytest.mark.skipif(reason is not None, reason=f"{reason}")

OUTAGE_S = 0.3
LONG_WAIT_S = 150
PORT = 5555  # of a host of our own


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with joined() as both:
        yield both


def pong_on(host: Host, recipe: str, keys: Path, *options: object) -> Running:
    address = ("--listen", f"0.0.0.0:{PORT}")
    return Running(*host.within, *COOKBOOK, recipe, *address, "--keys", keys / "pong", *options)


def ping_on(host: Host, recipe: str, keys: Path, *options: object) -> Running:
    address = ("--connect", f"a.example:{PORT}")
    return Running(*host.within, *COOKBOOK, recipe, *address, "--keys", keys / "ping", *options)


@contextmanager
def game_between(
    hosts: tuple[Host, Host], recipe: str, keys: Path, *options: object
) -> Iterator[tuple[Running, Running]]:
    """Ping's program and Pong's."""
    with (
        pong_on(hosts[1], recipe, keys, *options) as pong,
        ping_on(hosts[0], recipe, keys, *options) as ping,
    ):
        yield ping, pong


def check_games(ping: Running, pong: Running, tokens: int) -> list[dict[str, float]]:
    """Both went well. Returns each player's round trips."""
    round_trips = []
    for program, player, other in (ping, "Ping", 1), (pong, "Pong", 0):
        result = result_of(program, LONG_WAIT_S)
        assert result["ok"]
        assert result["counts"] == {player: tokens // 2}
        assert result["peer"]["address"].startswith(networks.NUMBERS[other])
        round_trips.append(result["round_trip_s"])
    return round_trips


def test_a_thousand_words(remote: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    options = ("--tokens", "1000", "--delay", "0", "--json", "--payload-size", "3000")
    with game_between(hosts, remote, keys, *options) as (ping, pong):
        check_games(ping, pong, 1000)


@pytest.mark.skipif(not TUN.exists(), reason="needs /dev/net/tun")
@pytest.mark.parametrize(
    ("delay_ms", "loss", "tokens"),
    [
        pytest.param(10, 0.0, 50, id="late"),
        pytest.param(
            *(5, 0.02, 1000),
            id="late and lossy",
            marks=[pytest.mark.sweep, pytest.mark.timeout(180)],
        ),
    ],
)
def test_over_a_bad_wire(
    remote: str, keys: Path, delay_ms: float, loss: float, tokens: int
) -> None:
    """Every packet is held up, so a round trip cannot be shorter than twice that."""
    with badly_joined(delay_ms, loss) as hosts:
        options = ("--tokens", tokens, "--delay", "0", "--json", "--timeout", "300")
        with game_between(hosts, remote, keys, *options) as (ping, pong):
            for round_trips in check_games(ping, pong, tokens):
                assert round_trips["min"] >= 2 * delay_ms / 1000


def test_a_wire_that_is_cut_for_a_moment(remote: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    options = ("--delay", "0.02", "--tokens", "100")
    with game_between(hosts, remote, keys, *options) as (ping, pong):
        read_words(ping, 3)
        hosts[1].cut()
        time.sleep(OUTAGE_S)
        hosts[1].mend()
        ping.end(0)
        pong.end(0)


@pytest.mark.parametrize(
    "timeout",
    [
        "2",
        pytest.param("60", marks=pytest.mark.sweep),
    ],
)
def test_a_wire_that_is_cut(
    remote: str, keys: Path, hosts: tuple[Host, Host], timeout: str
) -> None:
    """By the deadline; if that is far, by keep-alive and heartbeats."""
    options = ("--delay", "0.02", "--tokens", "100000", "--timeout", timeout)
    with game_between(hosts, remote, keys, *options) as (ping, pong):
        read_words(ping, 3)
        read_words(pong, 3)
        hosts[0].cut()
        for program, player in (ping, "Ping"), (pong, "Pong"):
            _, err = program.end(124 if timeout == "2" else 1)
            assert re.search(rf"{player} had said \d+ of its", err)


def test_no_route_at_first(remote: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    """The player that connects is there before its wire is."""
    hosts[0].cut()
    with ping_on(hosts[0], remote, keys, "--delay", "0") as ping:
        ping.err.until("waiting for a.example:5555: no route to that network")
        with pong_on(hosts[1], remote, keys, "--delay", "0") as pong:
            pong.err.until("listening")
            hosts[0].mend()
            ping.end(0)
            pong.end(0)
