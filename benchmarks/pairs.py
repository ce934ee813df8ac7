"""Two things to time against each other, and how they are launched and judged.

Both sides are launched again in every round, one right after the other, in shuffled order; so
a machine that drifts touches both. The ratio is that of the medians over the launches, with
its 95 % interval.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple, TypeAlias

from ipc_cookbook.bench.figures import Ratio, ratio_of

TITLE = f"{'':23}{'plain':>10}{'cookbook':>10}{'ratio':>12}   {'95 % interval':16}{'goal':>5}"

Cpus: TypeAlias = tuple[int, ...] | None


class Pair(NamedTuple):
    """Each call of either side is a launch, and returns its figure."""

    name: str
    unit: str
    goal: float | None
    plain: Callable[[], float]
    cookbook: Callable[[], float]


class Figures(NamedTuple):
    """What was measured: a launch of either side is an item."""

    pair: Pair
    plain: list[float]
    cookbook: list[float]
    seed: int

    @property
    def ratio(self) -> Ratio:
        return ratio_of(self.cookbook, self.plain, paired=True, seed=self.seed)

    @property
    def verdict(self) -> str:
        ratio, goal = self.ratio, self.pair.goal
        if goal is None:
            return ""
        if not ratio.has_enough_launches or ratio.low <= goal < ratio.high:
            return "cannot tell"
        return "FAIL" if ratio.low > goal else "pass"

    def __str__(self) -> str:
        pair, ratio = self.pair, self.ratio
        interval = f"{ratio.low:.3f} to {ratio.high:.3f}"
        goal = "" if pair.goal is None else f"{pair.goal:.2f}"
        return (
            f"{pair.name:23}{median(self.plain):10.2f}{median(self.cookbook):10.2f} {pair.unit}"
            f"{ratio.value:9.3f}   {interval:16}{goal:>5}   {self.verdict}".rstrip()
        )


def measure(pairs: Sequence[Pair], rounds: int, seed: int) -> list[Figures]:
    """Launch everything in every round."""
    everything = [Figures(pair, [], [], seed) for pair in pairs]
    for number in range(rounds):
        if sys.stderr.isatty():
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        for figures in random.sample(everything, len(everything)):
            pair = figures.pair
            sides = [(figures.plain, pair.plain), (figures.cookbook, pair.cookbook)]
            for launches, launch in random.sample(sides, 2):
                launches.append(launch())
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return everything


def compare(pairs: Sequence[Pair], rounds: int, seed: int) -> bool:
    """Print a line for each; returns whether none has certainly missed its goal."""
    for pair in pairs:  # to warm up
        pair.plain()
        pair.cookbook()
    print(TITLE)
    everything = measure(pairs, rounds, seed)
    for figures in everything:
        print(figures)
    return not any(figures.verdict == "FAIL" for figures in everything)


def usable_cpus() -> Cpus:
    """None where the system does not let a process choose."""
    return tuple(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def at_least(least: int) -> Callable[[str], int]:
    """A type for an option."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a number from {least} on, not {text!r}")
        return int(text)

    return number
