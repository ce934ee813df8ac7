"""Two network namespaces, a wire between them, and a side in each: what a cable would show."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import networks
from networks import TUN, Host, badly_joined, joined
from two_sides import Program, program, result_of

reason = networks.why_not()
pytestmark = pytest.mark.skipif(reason is not None, reason=f"{reason}")

OUTAGE_S = 0.3
LONG_WAIT_S = 150
PORT = 5555  # of a host of our own


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with joined() as both:
        yield both


def sides(
    recipe: str, keys: Path, hosts: tuple[Host, Host], *options: str
) -> tuple[list[str], list[str]]:
    """What Ping's host runs, and Pong's."""
    return (
        [recipe, "--connect", f"a.example:{PORT}", "--keys", str(keys / "ping"), *options],
        [recipe, "--listen", f"0.0.0.0:{PORT}", "--keys", str(keys / "pong"), *options],
    )


def check_games(ping: Program, pong: Program, tokens: int) -> list[dict[str, float]]:
    """Both went well. Returns each side's round trips."""
    round_trips = []
    for side, word, other in (ping, "Ping", 1), (pong, "Pong", 0):
        result = result_of(side, LONG_WAIT_S)
        assert result["ok"]
        assert result["counts"] == {word: tokens // 2}
        assert result["peer"]["address"].startswith(networks.NUMBERS[other])
        round_trips.append(result["round_trip_s"])
    return round_trips


def test_a_thousand_words(recipe: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    options = ("--tokens", "1000", "--delay", "0", "--json", "--payload-size", "3000")
    for_ping, for_pong = sides(recipe, keys, hosts, *options)
    with (
        program(*for_pong, within=hosts[1].within) as pong,
        program(*for_ping, within=hosts[0].within) as ping,
    ):
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
    recipe: str, keys: Path, delay_ms: float, loss: float, tokens: int
) -> None:
    """Every packet is held up, so a round trip cannot be shorter than twice that."""
    with badly_joined(delay_ms, loss) as hosts:
        options = ("--tokens", str(tokens), "--delay", "0", "--json", "--timeout", "300")
        for_ping, for_pong = sides(recipe, keys, hosts, *options)
        with (
            program(*for_pong, within=hosts[1].within) as pong,
            program(*for_ping, within=hosts[0].within) as ping,
        ):
            for round_trips in check_games(ping, pong, tokens):
                assert round_trips["min"] >= 2 * delay_ms / 1000


def test_a_wire_that_is_cut_for_a_moment(recipe: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    for_ping, for_pong = sides(recipe, keys, hosts, "--delay", "0.02", "--tokens", "100")
    with (
        program(*for_pong, within=hosts[1].within) as pong,
        program(*for_ping, within=hosts[0].within) as ping,
    ):
        ping.see(3)
        hosts[1].cut()
        time.sleep(OUTAGE_S)
        hosts[1].mend()
        assert ping.finish()[0] == 0
        assert pong.finish()[0] == 0


@pytest.mark.parametrize(
    "timeout",
    [
        "2",
        pytest.param("60", marks=pytest.mark.sweep),
    ],
)
def test_a_wire_that_is_cut(
    recipe: str, keys: Path, hosts: tuple[Host, Host], timeout: str
) -> None:
    """By the deadline; if that is far, by keep-alive and heartbeats."""
    options = ("--delay", "0.02", "--tokens", "100000", "--timeout", timeout)
    for_ping, for_pong = sides(recipe, keys, hosts, *options)
    with (
        program(*for_pong, within=hosts[1].within) as pong,
        program(*for_ping, within=hosts[0].within) as ping,
    ):
        ping.see(3)
        pong.see(3)
        hosts[0].cut()
        for side, word in (ping, "Ping"), (pong, "Pong"):
            status, _, err = side.finish()
            assert status == (124 if timeout == "2" else 1), err
            assert re.search(rf"{word} had said \d+ of its", err)


def test_no_route_at_first(recipe: str, keys: Path, hosts: tuple[Host, Host]) -> None:
    """The side that connects is there before its wire is."""
    hosts[0].cut()
    for_ping, for_pong = sides(recipe, keys, hosts, "--delay", "0")
    with program(*for_ping, within=hosts[0].within) as ping:
        ping.hear("waiting for a.example:5555: no route to that network")
        with program(*for_pong, within=hosts[1].within) as pong:
            pong.hear("listening")
            hosts[0].mend()
            assert ping.finish()[0] == 0
            assert pong.finish()[0] == 0
