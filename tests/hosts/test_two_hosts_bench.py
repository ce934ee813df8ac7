"""``bench`` between two hosts: the same table and JSON, with both machines in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipc_cookbook.bench import document as documents
from ipc_cookbook.cli import main, statuses
from ipc_cookbook.hosts.remote import reaching_hosts
from samples import all_that
from two_sides import free_address, listening, program

pytest.importorskip("numpy", reason="the figures are made with it")

QUICK = ("--tokens", "30", "--launches", "2", "--sizes", "0,7")


def test_measured_between_hosts(keys: Path, tmp_path: Path) -> None:
    address, written = free_address(), tmp_path / "here.json"
    expected = {(name, size) for name in reaching_hosts() for size in (0, 7)}
    calls = ("--connect", address, "--keys", str(keys / "ping"), "--json", str(written))
    with (
        program("bench", "--listen", address, "--keys", str(keys / "pong")) as pong,
        program("bench", *calls, *QUICK, "--seed", "1") as ping,
    ):
        status, table, err = ping.finish()
        assert status == 0, err
        status, _, err = pong.finish()
        assert status == 0, err
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
        assert all(launch["exchanges"] == 13 for launch in case["round_trips"])
        assert case["streams"] is None
    assert "and on the other host: " in table
    assert "By p50: " in table


@pytest.mark.sweep
def test_interrupted_on_the_side_that_measures(recipe: str, keys: Path) -> None:
    """The other side sees it at once in mid-game; between two games, at its time-out."""
    address = free_address()
    calls = (
        "--connect",
        address,
        "--keys",
        str(keys / "ping"),
        "--tokens",
        "4000",
        "--sizes",
        "0",
    )
    answers = ("--listen", address, "--keys", str(keys / "pong"), "--timeout", "4")
    with (
        program("bench", recipe, *answers) as pong,
        program("bench", recipe, *calls, "--launches", "500") as ping,
    ):
        ping.hear("measuring: [1-9]")
        ping.press_ctrl_c()
        status, table, _ = ping.finish()
        assert status == 130
        assert "Interrupted: this is what was finished by then." in table
        status, _, err = pong.finish()
        assert (status, "the other side ended the game" in err) in ((1, True), (124, False))


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


def test_the_other_side_only_plays(recipe: str, keys: Path) -> None:
    """It is told to play fifty words, and this side wants more: they disagree."""
    with listening(recipe, keys) as (_, port):
        given = ("bench", recipe, "--connect", f"127.0.0.1:{port}", "--keys", str(keys / "ping"))
        with program(*given, *QUICK) as ping:
            status, _, err = ping.finish()
            assert status == 1
            assert "the two sides disagree: tokens" in err
