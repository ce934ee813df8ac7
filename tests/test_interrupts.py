"""Ctrl-C, before a game, in it, and after it: it ends, helpers and all, and nothing is left."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest

from announced import command_line_game
from checks import check_game
from driver import CODE, Running
from faulty import TamperingTransport, with_helpers
from homemade import PipeOf
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers
from samples import NEEDS_PACKAGE, PLAIN, skip_unless_here

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.part,
]

ONE_SECOND = 1.0
ROUNDS = pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.sweep)], ids=["once", "often"]
)
WHOM = pytest.mark.parametrize("whom", ["group", "parent"])

RECIPES = [
    name if name in (PLAIN, NEEDS_PACKAGE) else pytest.param(name, marks=pytest.mark.sweep)
    for name in MODULES
]


@pytest.mark.sampled
@ROUNDS
@pytest.mark.parametrize("recipe", RECIPES)
@WHOM
def test_ctrl_c_at_any_moment(recipe: str, start_method: str, whom: str, rounds: int) -> None:
    """Start-up first: status 130, and one line."""
    skip_unless_here(recipe)
    chance = random.Random(f"{recipe} {start_method} {whom} {rounds}")
    for after_s in 0.0, *(chance.uniform(0, 0.3) for _ in range(rounds)):
        before = Leftovers.now()
        with command_line_game(recipe, start_method) as program:
            time.sleep(after_s)
            program.interrupt(whom)
            _, err = program.end(130, limit_s=ONE_SECOND)
        assert err == "ipc_cookbook: interrupted\n"
        before.assert_nothing_new(patience_s=ONE_SECOND)


@pytest.mark.sampled
@WHOM
def test_ctrl_c_at_any_moment_where_helpers_run(start_method: str, whom: str) -> None:
    for recipe in with_helpers():
        test_ctrl_c_at_any_moment(recipe, start_method, whom, rounds=1)


ENDLESS = """
import sys
from ipc_cookbook import run_pingpong
run_pingpong(sys.argv[1], start_method=sys.argv[2], delay=60, timeout=None, echo=True)
"""


@pytest.mark.sampled
@pytest.mark.parametrize("recipe", [PLAIN, NEEDS_PACKAGE])
@WHOM
def test_ctrl_c_ends_the_game(start_method: str, recipe: str, whom: str) -> None:
    """One in which Ping and Pong have said a word each, and are in no hurry."""
    skip_unless_here(recipe)
    before = Leftovers.now()
    with Running(*CODE, ENDLESS, recipe, start_method) as program:
        assert program.out.read(len("PingPong")) == "PingPong"
        program.interrupt(whom)
        _, err = program.end(-signal.SIGINT, traceback=True)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    before.assert_nothing_new()


@pytest.mark.sampled
@WHOM
def test_ctrl_c_ends_helpers_too(start_method: str, whom: str) -> None:
    for recipe in with_helpers():
        test_ctrl_c_ends_the_game(start_method, recipe, whom)


def press_ctrl_c(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    "interrupting",
    [PipeOf(before=press_ctrl_c), PipeOf(after=press_ctrl_c)],
    ids=["before", "after"],
)
def test_ctrl_c_before_and_after_the_game(start_method: str, interrupting: PipeOf) -> None:
    """While the ends are being made, and while they are put away."""
    with pytest.raises(KeyboardInterrupt):
        run_pingpong(interrupting, start_method=start_method)


def interrupted(payload: bytes) -> bytes:
    press_ctrl_c()
    return payload


def test_players_leave_ctrl_c_to_the_caller(start_method: str) -> None:
    transport = TamperingTransport(player="Pong", word=3, change=interrupted)
    check_game(run_pingpong(transport, start_method=start_method), 50)
