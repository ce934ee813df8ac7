"""``bench`` between two hosts: the same table and JSON, with both machines in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from driver import COOKBOOK, Running, run
from ipc_cookbook.bench import document as documents
from ipc_cookbook.cli import main, statuses
from ipc_cookbook.hosts.remote import reaching_hosts
from samples import all_that
from two_players import free_address, listening

pytest.importorskip("numpy", reason="the figures are made with it")

BENCH = (*COOKBOOK, "bench")
QUICK = ("--tokens", "30", "--launches", "2", "--sizes", "0,7")


def test_measured_between_hosts(keys: Path, tmp_path: Path) -> None:
    address, written = free_address(), tmp_path / "here.json"
    expected = {(name, size) for name in reaching_hosts() for size in (0, 7)}
    calls = ("--connect", address, "--keys", keys / "ping", "--json", written)
    with (
        Running(*BENCH, "--listen", address, "--keys", keys / "pong") as pong,
        Running(*BENCH, *calls, *QUICK, "--seed", "1") as ping,
    ):
        table, _ = ping.end(0)
        _, err = pong.end(0)
        games = 2 * len(expected) + 2  # each case twice, and 2 to begin with
        assert f"bench: {games} games with 127.0.0.1:" in err
    document = documents.load(str(written))
    assert document["is_complete"]
    network = document["network"]
    assert network["peer"]["machine"]["cpu"] == document["machine"]["cpu"]
    assert network["peer"]["python"] == document["python"]
    assert network["ciphers"].keys() == set(reaching_hosts())
    for name, cipher in network["ciphers"].items():
        assert cipher is not None
        assert f"{name}: {cipher}" in table
    cases = {(case["transport"], case["payload_size"]): case for case in document["cases"]}
    assert set(cases) == expected
    for case in cases.values():
        assert [launch["round"] for launch in case["round_trips"]] == [1, 2]
        assert all(launch["measured"] == 13 for launch in case["round_trips"])
        assert case["streams"] is None
    assert "and on the other host: " in table
    assert "By p50: " in table


@pytest.mark.sweep
def test_interrupted_where_it_is_measured(remote: str, keys: Path) -> None:
    """The other one sees it at once in mid-game; between two games, at its time-out."""
    address = free_address()
    calls = ("--connect", address, "--keys", keys / "ping", "--tokens", 4000, "--sizes", 0)
    answers = ("--listen", address, "--keys", keys / "pong", "--timeout", 4)
    with (
        Running(*BENCH, remote, *answers) as pong,
        Running(*BENCH, remote, *calls, "--launches", 500) as ping,
    ):
        ping.err.until("measuring: [1-9]")
        ping.interrupt()
        table, _ = ping.end(130)
        assert "Interrupted: this is what was finished by then." in table
        _, err = pong.end(1, 124)
        assert ("the other side ended the game" in err) == (pong.popen.returncode == 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--listen", "127.0.0.1:0"], "bench --listen needs a port of its own, not 0"),
        (["--listen", "127.0.0.1:5555", "--json", "x"], "are for the side that connects"),
        (["--listen", "192.0.2.1:5555"], "is not a loopback address"),
        (["--keys", "keys"], "--keys is for --listen and --connect"),
    ],
)
def test_wrong_usage(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["bench", *given]) == statuses.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", all_that(lambda recipe: recipe.name not in reaching_hosts()))
def test_a_recipe_for_one_machine(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["bench", name, "--listen", "127.0.0.1:5555"]) == statuses.USAGE
    assert f"between hosts, not {name}\n" in capsys.readouterr().err


def test_the_other_one_only_plays(remote: str, keys: Path) -> None:
    """It is told to play fifty words, and this one wants more: they disagree."""
    with listening(remote, keys) as (_, port):
        given = (remote, "--connect", f"127.0.0.1:{port}", "--keys", keys / "ping", *QUICK)
        assert "the two sides disagree: tokens" in run(*BENCH, *given, status=1).stderr
