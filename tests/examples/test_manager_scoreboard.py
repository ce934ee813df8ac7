"""The scoreboard: every point counts, and only who has the key may look."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from programs import command, strike

from driver import Running, run, until

PROGRAM = "manager_scoreboard.py"
SAYS = "The scoreboard is at "


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path / "key", "a secret\n")


def new_key(path: Path, secret: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(secret)
    return path


def points(text: str) -> list[int]:
    return [int(line.split()[0]) for line in text.splitlines()]


def test_every_point_counts(key: Path) -> None:
    done = run(*command(PROGRAM, key, "--pause", 0))
    assert points(done.stdout) == [20, 20, 20]
    assert done.stderr.startswith(SAYS)
    assert done.stderr.count("\n") == 1


def test_a_second_terminal_looks_at_the_running_board(key: Path) -> None:
    other = new_key(key.with_name("other"), "another secret")
    with Running(*command(PROGRAM, key, "--pause", 0.2)) as running:
        address = running.complaint().removeprefix(SAYS)
        _, slow, *_ = running.until_started(4)
        strike(slow, signal.SIGSTOP)  # the board is there until it has gone on

        def seen() -> int:
            return sum(points(run(*command(PROGRAM, key, "--at", address)).stdout))

        until(lambda: 40 <= seen() < 60)
        refused = run(*command(PROGRAM, other, "--at", address), status=1, traceback=None)
        assert "AuthenticationError: digest" in refused.stderr
        os.kill(slow, signal.SIGCONT)
        assert sum(points(running.end(0)[0])) == 60


def test_the_key_must_be_secret(key: Path) -> None:
    key.chmod(0o640)
    done = run(*command(PROGRAM, key), status=2)
    assert f"error: {key} is open to others: chmod 600 {key}\n" in done.stderr


def test_a_killed_player_keeps_its_points_and_the_others_go_on(key: Path) -> None:
    with Running(*command(PROGRAM, key, "--pause", 0.2)) as running:
        running.complaint()
        _, *players = running.until_started(4)
        os.kill(players[1], signal.SIGKILL)
        out, _ = running.end(1)
    first, second, *killed = points(out)
    assert (first, second) == (20, 20)
    assert all(score < 20 for score in killed)
