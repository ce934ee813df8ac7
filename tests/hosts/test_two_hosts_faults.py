"""One side ends, dies or stops in mid-game: the other one says so, and nothing hangs."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ipc_cookbook.hosts.remote import reaching_hosts
from two_sides import Program, program, two_sides

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")

WORDS = ("Ping", "Pong")
SAID = 3


def kill_player(side: Program) -> None:
    os.kill(side.player(), signal.SIGKILL)


def kill_program(side: Program) -> None:
    os.kill(side.process.pid, signal.SIGKILL)


SIDES = pytest.mark.parametrize(
    ("recipe", "who"),
    [
        pytest.param(recipe, who, marks=[] if who == WORDS[number % 2] else [pytest.mark.sweep])
        for number, recipe in enumerate(reaching_hosts())
        for who in WORDS
    ],
    indirect=["recipe"],
)
"""One side of each recipe; the other one is for the sweep."""

ENDS: dict[str, tuple[Callable[[Program], None], int, str]] = {
    "Ctrl-C": (Program.press_ctrl_c, 130, r"interrupted$"),
    "player killed": (kill_player, 1, r"P[io]ng \(pid \d+\) was killed by SIGKILL after 3 words$"),
    "program killed": (kill_program, -9, ""),
}


@pytest.mark.parametrize("how", ENDS)
@SIDES
def test_one_side_ends(recipe: str, keys: Path, who: str, how: str) -> None:
    end, expected, message = ENDS[how]
    with two_sides(recipe, keys, "--delay", "0.1") as sides:
        ending, living = sides if who == "Ping" else sides[::-1]
        ending.see(SAID)
        end(ending)
        status, _, err = ending.finish()
        assert status == expected
        assert re.search(message, err)
        status, words, err = living.finish()
        assert status == 1
        (word,) = set(WORDS) - {who}
        said = words.count(word)
        assert SAID - 1 <= said <= SAID + 1
        assert err.splitlines()[-1] == (
            f"ipc_cookbook: the other side ended the game; {word} had said {said} of its 25 words"
        )


@SIDES
def test_nobody_sleeps_through_the_end(recipe: str, keys: Path, who: str) -> None:
    with two_sides(recipe, keys, "--delay", "3600", "--timeout", "none") as sides:
        ending, living = sides if who == "Ping" else sides[::-1]
        for side in sides:
            side.see(1)
        ending.press_ctrl_c()
        assert ending.finish()[0] == 130
        status, _, err = living.finish()
        assert status == 1
        assert "the other side ended the game" in err


@SIDES
def test_one_side_is_stopped(recipe: str, keys: Path, who: str) -> None:
    with two_sides(recipe, keys, "--delay", "0.1", "--timeout", "2") as sides:
        stopped, living = sides if who == "Ping" else sides[::-1]
        stopped.see(SAID)
        player = stopped.player()
        os.killpg(stopped.process.pid, signal.SIGSTOP)
        os.kill(player, signal.SIGSTOP)
        status, _, err = living.finish()
        assert status == 124
        (word,) = set(WORDS) - {who}
        assert re.search(rf"not over after 2 s: {word} had said \d of its words", err)
        os.killpg(stopped.process.pid, signal.SIGCONT)
        assert stopped.finish()[0] in (1, 124)
        assert not Path(f"/proc/{player}").exists()


def test_nobody_comes(recipe: str, keys: Path) -> None:
    options = ("--listen", "127.0.0.1:0", "--keys", str(keys / "pong"), "--timeout", "0.7")
    with program(recipe, *options) as pong:
        status, _, err = pong.finish()
        assert status == 124
        assert re.fullmatch(
            r"\w+: listening on (\S+)\nipc_cookbook: not over after 0.7 s: listening on \1\n", err
        )
