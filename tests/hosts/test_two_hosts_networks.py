"""Two network namespaces, a wire between them, and a player in each: as with a cable."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import networks
from driver import COOKBOOK, Running, run
from networks import Host, badly_joined, joined
from two_players import read_words, result_of
from wire import TUN

reason = networks.why_not()
pytestmark = [pytest.mark.skipif(reason is not None, reason=f"{reason}"), pytest.mark.part]

OUTAGE_S = 0.3
LONG_WAIT_S = 150
PORT = 5555  # of a host of our own
SIEGE = Path(__file__).with_name("siege.py")


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with joined() as both:
        yield both


def pong_on(host: Host, recipe: str, keys: Path, *options: object, at: str = "0.0.0.0") -> Running:
    address = ("--listen", f"{at}:{PORT}")
    return Running(*host.within, *COOKBOOK, recipe, *address, "--keys", keys / "pong", *options)


def ping_on(
    host: Host, recipe: str, keys: Path, *options: object, to: str = "a.example"
) -> Running:
    address = ("--connect", f"{to}:{PORT}")
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


bad_wire = pytest.mark.skipif(not TUN.exists(), reason="needs /dev/net/tun")


@bad_wire
@pytest.mark.parametrize(
    ("delay_ms", "loss", "tokens"),
    [
        pytest.param(10, 0.0, 50, id="late"),
        pytest.param(300, 0.0, 6, id="very late"),
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


@bad_wire
@pytest.mark.parametrize(
    ("delay_ms", "rate"),
    [
        pytest.param(50, 800, id="800 a second"),
        pytest.param(150, 250, id="250 a second"),
    ],
)
def test_silent_callers_do_not_push_out_the_right_one(
    remote: str, keys: Path, delay_ms: float, rate: int
) -> None:
    """Though its handshake takes longer than it takes them to fill the room many times over."""
    with (
        badly_joined(delay_ms, 0) as hosts,
        pong_on(hosts[1], remote, keys, "--delay", "0", "--tokens", 10) as pong,
    ):
        pong.err.until("listening")
        siege = (sys.executable, SIEGE, networks.NUMBERS[1], PORT, 300, rate)
        with Running(*hosts[0].within, *siege) as strangers:
            strangers.out.until("all have called\n")
            with ping_on(hosts[0], remote, keys, "--delay", "0", "--tokens", 10) as ping:
                _, said = ping.end(0)
            strangers.close_input()
            strangers.end(0)
        pong.end(0)
    assert "waiting" not in said  # it was let in at its first call


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


# Addresses


def call_from(host: Host, remote: str, keys: Path, to: str) -> str:
    """The address that a game was played with."""
    with ping_on(host, remote, keys, "--delay", "0", "--json", to=to) as ping:
        return str(result_of(ping)["peer"]["address"])


@pytest.mark.parametrize("to", ["127.0.0.1", "[::1]", "localhost"])
def test_any_address_takes_callers_over_both(
    remote: str, keys: Path, hosts: tuple[Host, Host], to: str
) -> None:
    with pong_on(hosts[1], remote, keys, "--delay", "0", at="[::]") as pong:
        pong.err.until(rf"listening on \[::\]:{PORT}\n")
        called = call_from(hosts[1], remote, keys, to)
        pong.end(0)
    assert called in (f"127.0.0.1:{PORT}", f"[::1]:{PORT}")
    expected = "Ping at 127.0.0.1:" if to == "127.0.0.1" else r"Ping at (\[::1\]|127.0.0.1):"
    assert re.search(expected, pong.err.text)


@pytest.mark.parametrize("to", ["127.0.0.1", "[::1]"])
def test_localhost_is_every_address_of_that_name(
    remote: str, keys: Path, hosts: tuple[Host, Host], to: str
) -> None:
    with pong_on(hosts[1], remote, keys, "--delay", "0", at="localhost") as pong:
        listed = pong.err.until(r"listening on (.*)\n")[1]
        assert set(listed.split(", ")) == {f"127.0.0.1:{PORT}", f"[::1]:{PORT}"}
        assert call_from(hosts[1], remote, keys, to) == f"{to}:{PORT}"
        pong.end(0)


def test_an_address_with_a_scope_keeps_it(
    remote: str, tmp_path: Path, hosts: tuple[Host, Host]
) -> None:
    here, there = (link_local(host) for host in hosts)
    keys = tmp_path / "keys"
    run(*COOKBOOK, "keys", keys, "--host", there.partition("%")[0])
    with pong_on(hosts[1], remote, keys, "--delay", "0", at=f"[{there}]") as pong:
        pong.err.until(rf"listening on \[{there}\]:{PORT}\n")
        to = f"{there.partition('%')[0]}%{hosts[0].device}"  # the scope is this host's own
        assert call_from(hosts[0], remote, keys, f"[{to}]") == f"[{to}]:{PORT}"
        pong.end(0)
        assert f"Ping at [{here.partition('%')[0]}%{hosts[1].device}]:" in pong.err.text


def link_local(host: Host) -> str:
    """Its address on the wire, once it may be used."""
    show = ("ip", "-6", "-n", host.namespace, "addr", "show", "dev", host.device, "scope", "link")
    while "tentative" in (shown := run(*show).stdout) or not (
        found := re.search(r"inet6 (fe80::[0-9a-f:]+)/", shown)
    ):
        time.sleep(0.05)
    return f"{found[1]}%{host.device}"
