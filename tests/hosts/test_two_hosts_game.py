"""Two programs play: what each says, what each reports, and how they come together."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from two_sides import (
    both_sides,
    calling,
    free_address,
    listening,
    program,
    result_of,
    two_sides,
)


def test_each_side_says_its_half(recipe: str, keys_or_none: Path | None) -> None:
    with two_sides(recipe, keys_or_none, "--delay", "0") as (ping, pong):
        for side, word, other in (ping, "Ping", "Pong"), (pong, "Pong", "Ping"):
            status, out, err = side.finish()
            assert (status, out) == (0, f"{word * 25}\n")
            verdict = err.splitlines()[-1]
            assert verdict.startswith(f"{recipe}: 25 words of 50, strictly in turn; with {other}")
            assert ("not encrypted" in verdict) == (keys_or_none is None)
            assert "round trip" in verdict


@pytest.mark.parametrize("tokens", [0, 1, 2, 7])
def test_any_number_of_words(recipe: str, keys: Path, tokens: int) -> None:
    options = ("--delay", "0", "--tokens", str(tokens), "--payload-size", "70000", "--json")
    with two_sides(recipe, keys, *options) as (ping, pong):
        sides = {"Ping": result_of(ping), "Pong": result_of(pong)}
    counts = {"Ping": tokens - tokens // 2, "Pong": tokens // 2}
    for word, result in sides.items():
        assert result["ok"]
        assert result["expected"] == tokens
        assert result["counts"] == {word: counts[word]}
        assert result["transcript"] == word * counts[word]
        assert result["payload_intact"]
        assert (result["round_trip_s"] is None) == (counts[word] < 2)
    assert sides["Ping"]["peer"]["player"] == "Pong"
    assert sides["Pong"]["peer"]["player"] == "Ping"
    assert sides["Ping"]["peer"]["cipher"] == sides["Pong"]["peer"]["cipher"]
    assert sides["Ping"]["peer"]["key"] != sides["Pong"]["peer"]["key"]


def test_the_side_that_connects_may_come_first(recipe: str, keys: Path) -> None:
    address = free_address()
    options = ("--delay", "0", "--json")
    with calling(recipe, keys, address, *options) as ping:
        assert ping.hear("waiting")[0]
        assert ping.heard == f"{recipe}: waiting for {address}: refused, nobody listens there\n"
        with program(recipe, "--listen", address, "--keys", str(keys / "pong"), *options) as pong:
            assert result_of(ping)["ok"]
            assert result_of(pong)["ok"]


def test_from_python(recipe: str, keys: Path, start_method: str) -> None:
    ping = {"payload": b"some luck", "start_method": start_method}
    results = both_sides(recipe, keys, ping, ping | {"payload": bytes(9)})
    for word, result in results.items():
        assert result.ok
        assert result.counts == {word: 25}
        assert [turn.token for turn in result.turns] == list(range(int(word == "Pong"), 50, 2))
        assert len(result.round_trips_ns) == 24
        assert result.alternates
        assert result.payload_intact
        assert result.peer is not None
        assert result.peer.key is not None


def test_over_ipv6(recipe: str, keys: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with two_sides(recipe, keys, "--delay", "0", "--json", host="[::1]") as (ping, pong):
        assert result_of(ping)["ok"]
        assert result_of(pong)["peer"]["address"].startswith("[::1]:")


@pytest.mark.parametrize(
    ("here", "there", "what"),
    [
        (["--tokens", "60"], [], "tokens 60 here, 50 there"),
        (["--payload-size", "7"], ["--payload-size", "8"], "payload size 7 here, 8 there"),
    ],
)
def test_a_disagreement_is_clear_on_both_sides(
    recipe: str, keys: Path, here: list[str], there: list[str], what: str
) -> None:
    with (
        listening(recipe, keys, *there) as (pong, port),
        calling(recipe, keys, f"127.0.0.1:{port}", *here) as ping,
    ):
        status, out, err = ping.finish()
        assert (status, out) == (1, "")
        assert err == f"ipc_cookbook: the two sides disagree: {what}\n"
        status, out, err = pong.finish()
        assert (status, out) == (1, "")
        first, second = what.removesuffix(" there").split(" here, ")
        name, _, number = first.rpartition(" ")
        mirrored = f"{name} {second} here, {number} there"
        assert err.splitlines()[-1] == f"ipc_cookbook: the two sides disagree: {mirrored}"


def test_a_second_caller_is_told_that_there_is_a_game(
    recipe: str, keys_or_none: Path | None
) -> None:
    with two_sides(recipe, keys_or_none, "--delay", "0.1", "--tokens", "16") as (ping, pong):
        ping.see(2)
        port = pong.heard.rpartition(":")[2].strip()
        os.killpg(ping.process.pid, signal.SIGSTOP)  # lest the game be over first
        with calling(recipe, keys_or_none, f"127.0.0.1:{port}") as late:
            status, out, err = late.finish()
            assert (status, out) == (1, "")
            assert err == "ipc_cookbook: the other side is busy with another game\n"
        os.killpg(ping.process.pid, signal.SIGCONT)
        assert ping.finish()[0] == 0
        assert pong.finish()[0] == 0
