"""Ctrl-C at seeded random moments, start-up among them: status 130, a line at most."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest

from announced import command_line_game
from faulty import with_helpers
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers
from samples import NEEDS_PACKAGE, PLAIN, skip_unless_here

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

ONE_SECOND = 1.0
ROUNDS = pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.sweep)], ids=["once", "often"]
)

WHOM = pytest.mark.parametrize("whom", ["the caller", "everyone"])

RECIPES = [
    name if name in (PLAIN, NEEDS_PACKAGE) else pytest.param(name, marks=pytest.mark.sweep)
    for name in MODULES
]


@pytest.mark.sampled
@ROUNDS
@pytest.mark.parametrize("recipe", RECIPES)
@WHOM
def test_ctrl_c_at_any_moment(recipe: str, start_method: str, whom: str, rounds: int) -> None:
    skip_unless_here(recipe)
    chance = random.Random(f"{recipe} {start_method} {whom} {rounds}")
    for _ in range(rounds):
        interrupt(recipe, start_method, whom == "everyone", chance.uniform(0, 0.3))


@pytest.mark.sampled
@WHOM
def test_ctrl_c_at_any_moment_where_helpers_run(start_method: str, whom: str) -> None:
    for recipe in with_helpers():
        test_ctrl_c_at_any_moment(recipe, start_method, whom, rounds=1)


def interrupt(recipe: str, start_method: str, everyone: bool, after_s: float) -> None:
    """Press Ctrl-C that long after the program has begun."""
    before = Leftovers.now()
    with command_line_game(recipe, start_method) as program:
        time.sleep(after_s)
        (os.killpg if everyone else os.kill)(program.pid, signal.SIGINT)
        _, stderr = program.communicate(timeout=ONE_SECOND)
    assert (program.returncode, stderr) == (130, "ipc_cookbook: interrupted\n")
    before.assert_nothing_new(patience_s=ONE_SECOND)
