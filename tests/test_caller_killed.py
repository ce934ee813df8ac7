"""The caller is killed outright: whatever it started is gone a second later."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest

from announced import announced_game, command_line_game
from faulty import with_helpers
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers
from samples import PLAIN, skip_unless_here

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.part,
]

SECOND = 1.0

BLOWS = [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.sweep)]
RECIPES = [
    name if name == PLAIN else pytest.param(name, marks=pytest.mark.sweep) for name in MODULES
]
STOPPED = pytest.mark.parametrize("stopped", [0, 1], ids=["Ping stopped", "Pong stopped"])


@pytest.mark.few
@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.name)
def test_players_end_with_their_caller(
    transport: str, start_method: str, blow: signal.Signals
) -> None:
    before = Leftovers.now()
    with announced_game(transport, start_method) as (program, _):
        program.signal(blow, "parent")
        program.end(-blow, traceback=None, limit_s=5)
    before.assert_nothing_new(patience_s=SECOND)


def test_players_end_with_a_caller_that_is_killed(start_method: str) -> None:
    test_players_end_with_their_caller(PLAIN, start_method, signal.SIGKILL)


def test_a_request_to_terminate_ends_all(start_method: str) -> None:
    """Helpers among them."""
    for recipe in with_helpers():
        test_players_end_with_their_caller(recipe, start_method, signal.SIGTERM)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.sweep)], ids=["once", "often"]
)
def test_players_end_with_their_caller_at_any_moment(
    recipe: str, start_method: str, rounds: int
) -> None:
    """Start-up is among the moments."""
    skip_unless_here(recipe)
    chance = random.Random(f"{recipe} {start_method} {rounds}")
    for _ in range(rounds):
        before = Leftovers.now()
        with command_line_game(recipe, start_method, is_tidy=False) as program:
            time.sleep(chance.uniform(0, 0.4))
            program.signal(signal.SIGKILL, "parent")
            program.end(-signal.SIGKILL, traceback=None)
        before.assert_nothing_new(patience_s=SECOND)


def test_helpers_end_with_their_caller_at_any_moment(start_method: str) -> None:
    for recipe in with_helpers():
        test_players_end_with_their_caller_at_any_moment(recipe, start_method, rounds=1)


@pytest.mark.sampled
@pytest.mark.parametrize("recipe", RECIPES)
@STOPPED
def test_a_stopped_player_ends_too(recipe: str, start_method: str, stopped: int) -> None:
    skip_unless_here(recipe)
    before = Leftovers.now()
    with announced_game(recipe, start_method) as (program, players):
        os.kill(players[stopped], signal.SIGSTOP)
        program.kill()
        program.end(-signal.SIGKILL, traceback=None, limit_s=5)
    before.assert_nothing_new(patience_s=SECOND)


@pytest.mark.sampled
@STOPPED
def test_a_stopped_player_ends_too_beside_helpers(start_method: str, stopped: int) -> None:
    for recipe in with_helpers():
        test_a_stopped_player_ends_too(recipe, start_method, stopped)


def test_two_stopped_players_end_too(start_method: str) -> None:
    if sys.platform != "linux":
        pytest.skip("a stopped process can only be ended by the kernel, which Linux does")
    before = Leftovers.now()
    with announced_game(PLAIN, start_method) as (program, players):
        for player in players:
            os.kill(player, signal.SIGSTOP)
        program.kill()
        program.end(-signal.SIGKILL, traceback=None, limit_s=5)
    before.assert_nothing_new(patience_s=SECOND)
