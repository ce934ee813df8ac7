"""Two programs play: what each says, what each reports, and how they come together."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from driver import COOKBOOK, Running
from two_players import (
    calling,
    free_address,
    listening,
    play_both,
    read_words,
    result_of,
    two_players,
)

pytestmark = pytest.mark.part


def test_each_player_says_its_half(remote: str, keys: Path) -> None:
    with two_players(remote, keys, "--delay", "0") as (ping, pong):
        for program, player, other in (ping, "Ping", "Pong"), (pong, "Pong", "Ping"):
            out, err = program.end(0)
            assert out == f"{player * 25}\n"
            verdict = err.splitlines()[-1]
            assert verdict.startswith(f"{remote}: 25 words of 50, strictly in turn; with {other}")
            assert "(SHA256:" in verdict
            assert "TLSv1.3" in verdict
            assert "round trip" in verdict


@pytest.mark.parametrize("tokens", [0, 1, 2, 7])
def test_any_number_of_words(remote: str, keys: Path, tokens: int) -> None:
    options = ("--delay", "0", "--tokens", str(tokens), "--payload-size", "70000", "--json")
    with two_players(remote, keys, *options) as (ping, pong):
        results = {"Ping": result_of(ping), "Pong": result_of(pong)}
    counts = {"Ping": tokens - tokens // 2, "Pong": tokens // 2}
    for player, result in results.items():
        assert result["ok"]
        assert result["expected"] == tokens
        assert result["counts"] == {player: counts[player]}
        assert result["transcript"] == player * counts[player]
        assert result["payload_intact"]
        assert (result["round_trip_s"] is None) == (counts[player] < 2)
    for_ping, for_pong = results["Ping"]["peer"], results["Pong"]["peer"]
    assert (for_ping["player"], for_pong["player"]) == ("Pong", "Ping")
    assert for_ping["cipher"] == for_pong["cipher"]
    assert for_ping["key"] != for_pong["key"]


def test_the_one_that_connects_may_come_first(remote: str, keys: Path) -> None:
    address = free_address()
    options = ("--delay", "0", "--json")
    with calling(remote, keys, address, *options) as ping:
        waiting = f"{remote}: waiting for {address}: refused, nobody listens there"
        assert ping.complaint() == waiting
        for_pong = (remote, "--listen", address, "--keys", keys / "pong", *options)
        with Running(*COOKBOOK, *for_pong) as pong:
            assert result_of(ping)["ok"]
            assert result_of(pong)["ok"]


class Forwarder:
    """Accepts callers before anybody listens behind it, as those of Docker and of ssh -L do."""

    def __init__(self, target: str) -> None:
        self.target = ("127.0.0.1", int(target.rpartition(":")[2]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.turned_away = 0
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self) -> Forwarder:
        self.thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.thread.join()
        self.listener.close()

    def serve(self) -> None:
        """Until one caller's connection has been forwarded to its end."""
        while True:
            caller, _ = self.listener.accept()
            with caller:
                try:
                    called = socket.create_connection(self.target)
                except ConnectionRefusedError:
                    self.turned_away += 1
                    continue
                with called:
                    back = threading.Thread(target=self.copy, args=(called, caller))
                    back.start()
                    self.copy(caller, called)
                    back.join()
                    return

    def copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(ConnectionError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def test_the_one_that_connects_may_come_first_to_a_forwarder(remote: str, keys: Path) -> None:
    address = free_address()
    options = ("--delay", "0", "--json")
    with (
        Forwarder(address) as forwarder,
        calling(remote, keys, forwarder.address, *options) as ping,
    ):
        waiting = f"{remote}: waiting for {forwarder.address}: it hung up before the game"
        assert ping.complaint() == waiting
        for_pong = (remote, "--listen", address, "--keys", keys / "pong", *options)
        with Running(*COOKBOOK, *for_pong) as pong:
            assert result_of(ping)["ok"]
            assert result_of(pong)["ok"]
    assert forwarder.turned_away


def test_from_python(remote: str, keys: Path, start_method: str) -> None:
    ping = {"payload": b"some luck", "start_method": start_method}
    results = play_both(remote, keys, ping, ping | {"payload": bytes(9)})
    for player, result in results.items():
        assert result.ok
        assert result.counts == {player: 25}
        assert [turn.token for turn in result.turns] == list(range(int(player == "Pong"), 50, 2))
        assert len(result.round_trips_ns) == 24
        assert result.alternates
        assert result.payload_intact
        assert result.peer is not None
        assert result.peer.key is not None


def test_over_ipv6(remote: str, keys: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with two_players(remote, keys, "--delay", "0", "--json", host="[::1]") as (ping, pong):
        assert result_of(ping)["ok"]
        assert result_of(pong)["peer"]["address"].startswith("[::1]:")


@pytest.mark.parametrize(
    ("here", "there", "what"),
    [
        (["--tokens", "60"], [], "tokens 60 here, 50 there"),
        (["--payload-size", "7"], ["--payload-size", "8"], "payload size 7 here, 8 there"),
    ],
)
def test_a_disagreement_is_clear_to_both(
    remote: str, keys: Path, here: list[str], there: list[str], what: str
) -> None:
    with (
        listening(remote, keys, *there) as (pong, port),
        calling(remote, keys, f"127.0.0.1:{port}", *here) as ping,
    ):
        assert ping.end(1) == ("", f"ipc_cookbook: the two sides disagree: {what}\n")
        out, err = pong.end(1)
        assert out == ""
        first, second = what.removesuffix(" there").split(" here, ")
        name, _, number = first.rpartition(" ")
        mirrored = f"{name} {second} here, {number} there"
        assert err.splitlines()[-1] == f"ipc_cookbook: the two sides disagree: {mirrored}"


def test_a_second_caller_waits_for_the_next_game(remote: str, keys: Path) -> None:
    """Nobody listens while there is a game: no stranger can disturb it."""
    options = ("--delay", "0.1", "--tokens", "16")
    with (
        listening(remote, keys, *options) as (pong, port),
        calling(remote, keys, f"127.0.0.1:{port}", *options) as ping,
    ):
        read_words(ping, 2)
        ping.signal(signal.SIGSTOP)  # lest the game be over first
        with calling(remote, keys, f"127.0.0.1:{port}", *options) as late:
            late.err.until("waiting for .*: refused, nobody listens there\n")
            ping.signal(signal.SIGCONT)
            ping.end(0)
            pong.end(0)
            again = ("--listen", f"127.0.0.1:{port}", "--keys", keys / "pong", *options)
            with Running(*COOKBOOK, remote, *again) as next_pong:
                late.end(0)
                next_pong.end(0)
