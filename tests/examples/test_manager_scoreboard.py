from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from programs import Running, run, until

PROGRAM = "manager_scoreboard.py"
SAYS = "The scoreboard is at "


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text("a secret\n")
    return path


def points(text: str) -> dict[str, int]:
    return {name: int(score) for score, name in (line.split(None, 1) for line in text.splitlines())}


def test_every_point_counts(key: Path, start_method: str) -> None:
    options = ["--players", 4, "--rounds", 10, "--pause", 0, "--start-method", start_method]
    done = run(PROGRAM, "--key", key, *options)
    assert points(done.stdout) == {f"player {number}": 10 for number in range(1, 5)}
    assert done.stderr.startswith(SAYS)
    assert done.stderr.count("\n") == 1


def test_a_second_terminal_looks_at_the_running_board(key: Path) -> None:
    other = key.with_name("other")
    other.touch(mode=0o600)
    other.write_text("another secret")
    with Running(PROGRAM, "--key", key, "--rounds", 1000, "--pause", 0.02) as running:
        address = running.complaint().removeprefix(SAYS)

        def seen() -> int:
            return sum(points(run(PROGRAM, "--key", key, address).stdout).values())

        until(lambda: seen() > 0)
        before = seen()
        until(lambda: seen() > before)
        done = run(PROGRAM, "--key", other, address, status=1)
        assert done.stderr == "the board there has another key\n"
        running.interrupt("group")
        running.end(130)
    done = run(PROGRAM, "--key", key, address, status=1)
    assert done.stderr.startswith("there is no scoreboard: ")


def test_what_listens_there_is_no_board(key: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        done = run(PROGRAM, "--key", key, f"127.0.0.1:{port}", status=1)
    assert done.stderr == "there is no scoreboard: no answer within 2 s\n"


def test_the_key_must_be_secret(key: Path) -> None:
    key.chmod(0o640)
    done = run(PROGRAM, "--key", key, status=2)
    assert (
        done.stderr
        == f"{PROGRAM}: error: argument --key: {key} is open to others: chmod 600 {key}\n"
    )


def test_an_empty_key_is_none(key: Path) -> None:
    key.write_text("\n")
    done = run(PROGRAM, "--key", key, status=2)
    assert done.stderr == f"{PROGRAM}: error: argument --key: {key} is empty\n"


def test_a_killed_player_keeps_its_points_and_the_others_go_on(key: Path) -> None:
    with Running(PROGRAM, "--key", key, "--rounds", 12, "--pause", 0.02) as running:
        address = running.complaint().removeprefix(SAYS)
        _, *players = running.until_started(4)
        os.kill(players[1], signal.SIGSTOP)
        kept = points(run(PROGRAM, "--key", key, address).stdout).get("player 2", 0)
        os.kill(players[1], signal.SIGKILL)
        out, err = running.end(1)
    board = points(out)
    assert err == "player 2 was killed by SIGKILL\n"
    assert (board["player 1"], board["player 3"]) == (12, 12)
    assert board.get("player 2", 0) == kept < 12


def test_the_server_is_killed(key: Path) -> None:
    with Running(PROGRAM, "--key", key, "--rounds", 1000, "--pause", 0.01) as running:
        running.complaint()
        os.kill(running.until_started(4)[0], signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err.splitlines()[-1].startswith("there is no scoreboard: ")
