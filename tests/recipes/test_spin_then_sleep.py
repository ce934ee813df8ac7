"""It is fast while answers come soon, and takes no CPU while they do not."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from costs import needs_two_cpus, round_trip_s, waiting
from ipc_cookbook import facts
from ipc_cookbook.recipes.spin_then_sleep import open_pair
from samples import PLAIN, all_that, skip_unless_here

NAME = "spin-then-sleep"
(NEVER_SLEEPS,) = all_that(lambda recipe: facts.head(recipe.fields["Waiting"]) == "spins")
"""The one that only looks."""


def test_a_long_wait_takes_no_cpu() -> None:
    """Some looks, which are over soon, and then it sleeps."""
    assert waiting(NAME).used < 0.05


def test_that_is_unlike_the_one_that_never_sleeps() -> None:
    skip_unless_here(NEVER_SLEEPS)
    assert waiting(NEVER_SLEEPS).wanted > 10 * waiting(NAME).used


@pytest.mark.sweep
@needs_two_cpus
def test_a_short_wait_is_five_times_as_short_as_over_queues() -> None:
    assert round_trip_s(NAME, cpus=2) < round_trip_s(PLAIN, cpus=2) / 5


@pytest.mark.sweep
@needs_two_cpus
def test_it_is_nearly_as_fast_as_the_one_that_never_sleeps() -> None:
    skip_unless_here(NEVER_SLEEPS)
    assert round_trip_s(NAME, cpus=2) < 4 * round_trip_s(NEVER_SLEEPS, cpus=2)


@pytest.mark.sweep
@needs_two_cpus
def test_on_one_cpu_it_is_far_from_as_slow_as_that() -> None:
    """It looks in vain, and then it sleeps, so that the other one can answer."""
    skip_unless_here(NEVER_SLEEPS)
    assert round_trip_s(NAME, cpus=1) < round_trip_s(NEVER_SLEEPS, cpus=1, tokens=40) / 10


class Watched:
    """A semaphore that is free once it was asked so often; it notes who would have slept."""

    def __init__(self, free_after: int) -> None:
        self.free_after = free_after
        self.may_sleep: list[bool] = []

    def acquire(self, block: bool = True) -> bool:
        self.may_sleep.append(block)
        return block or len(self.may_sleep) > self.free_after


@pytest.mark.parametrize("looks", [1, 2, 500])
def test_an_answer_that_comes_soon_is_seen_without_sleeping(looks: int) -> None:
    assert asked(looks - 1) == [False] * looks


def test_after_500_looks_it_sleeps() -> None:
    assert asked(500) == [False] * 500 + [True]


def asked(free_after: int) -> list[bool]:
    """How ``recv`` has asked: whether it was willing to sleep, each time."""
    with open_pair(multiprocessing.get_context("spawn"), 0) as (end, _):
        watched: Any = Watched(free_after)
        end.here = watched
        assert end.recv() == (0, b"")
    return list(watched.may_sleep)
