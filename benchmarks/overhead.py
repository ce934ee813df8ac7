"""What the cookbook costs on top of the mechanism itself.

    python benchmarks/overhead.py

Three things are held against their plain counterparts, and a fourth against the clock:

* the round trip of every recipe, played by ``run_pingpong``, against the loop over the same
  mechanism in ``plain/``; where the order is left to luck, a round trip is the time from any
  word to the one after the next, whoever says them;
* ``python -m ipc_cookbook NAME --delay 0`` against the program for the same mechanism in
  ``plain/``, start to end;
* a round trip over that mechanism with records taken, the token and the time of each word,
  against the same game without: wherever the system puts the players, as in use (``records``),
  and on one CPU, where nothing is done while the other player wakes up (``records-pinned``);
* the analysis of a million round trips, from the players' records to the figures of ``bench``.

Both sides are launched again in every round, one right after the other, in shuffled order;
so a machine that drifts touches both. A line shows the median over the launches and, of the
ratios of the pairs, the median and the middle half. Everything but ``records`` runs on
one CPU where the system lets a process choose it: spread over several, placement alone moves
a median by more than what is measured here. With and without records is played by the same
two processes, in small blocks by turns, so placement touches both alike.

A recipe without a loop there is left out, and so is one that does not run here. The exit
status is 0 if every ratio keeps to its target, and else 1.
"""

import argparse
import itertools
import multiprocessing
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from statistics import median, quantiles
from subprocess import DEVNULL
from typing import NamedTuple, TypeAlias

import plain

import ipc_cookbook
from ipc_cookbook import (
    Endpoint,
    PingPongError,
    PingPongResult,
    TransportUnavailable,
    catalog,
)
from ipc_cookbook.bench.places import pinned
from ipc_cookbook.crew.player import Desk, Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.game.loop import FIRST, PLAYERS, play
from ipc_cookbook.game.turns import Account

SAMPLE = next(name for name in catalog.names() if plain.program_of(name).exists())
"""The recipe that stands for all, where it does not matter which one it is."""

COMMAND = [sys.executable, "-m", "ipc_cookbook", SAMPLE, "--delay", "0"]
PROGRAM = [sys.executable, str(plain.program_of(SAMPLE))]
BLOCK_TOKENS = 100  # few enough that hardly a block is disturbed by other processes
TIMEOUT_S = 60.0
ANALYSED = 1_000_000
ANALYSIS_S = 2.0


Cpus: TypeAlias = tuple[int, ...] | None


class Pair(NamedTuple):
    """Two things to time: each call of either is a launch, and returns its figure."""

    name: str
    unit: str
    target: float
    plain: Callable[[], float]
    cookbook: Callable[[], float]


def between(at_ns: Sequence[int], step: int) -> Iterable[int]:
    """The times from one word to the one that is ``step`` further."""
    return map(int.__sub__, at_ns[step:], at_ns)


def recipe_pair(name: str, tokens: int, context: BaseContext) -> Pair:
    in_turn = "order" in catalog.describe(name).guarantees

    def play_plain() -> float:
        at_ns = plain.run(catalog.MODULES[name], tokens, context)
        return median(between(at_ns, 1 if in_turn else 2)) / 1000

    def play_recipe() -> float:
        result = ipc_cookbook.run_pingpong(
            name, tokens=tokens, start_method=context.get_start_method(), timeout=TIMEOUT_S
        )
        if result.count != tokens or not (result.ok or not in_turn):
            raise SystemExit(f"the game did not go as it should: {result}")
        if in_turn:
            return median(result.round_trips_ns) / 1000
        return median(between([turn.at_ns for turn in result.turns], 2)) / 1000

    return Pair(name, "us", 1.10, play_plain, play_recipe)


def command_pair(cache: str) -> Pair:
    """Start to end, with byte code cached in the given folder, as it is after an installation."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def wall_ms(command: list[str]) -> float:
        begun_ns = time.perf_counter_ns()
        # Without a timeout: that would look for the end every 50 ms only.
        subprocess.run(command, check=True, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        return (time.perf_counter_ns() - begun_ns) / 1e6

    return Pair("command", "ms", 1.30, partial(wall_ms, PROGRAM), partial(wall_ms, COMMAND))


def records_pair(name: str, target: float, cpus: Cpus, tokens: int, context: BaseContext) -> Pair:
    """With and without records, on these CPUs.

    One pair of processes plays both in small blocks by turns, so that they differ in nothing
    else: whichever figure is asked for first measures the other one too.
    """
    measured: list[dict[bool, float]] = []

    def round_trip_us(is_recorded: bool) -> float:
        if not measured:
            with pinned(cpus):
                measured.append(play_records(tokens, context))
        figures = measured[-1]
        figure = figures.pop(is_recorded)
        if not figures:
            measured.pop()
        return figure

    return Pair(name, "us", target, partial(round_trip_us, False), partial(round_trip_us, True))


def play_records(tokens: int, context: BaseContext) -> dict[bool, float]:
    """Median in us of a round trip, without and with records."""
    blocks = [False, True] * (tokens // BLOCK_TOKENS)
    order = random.sample(blocks, len(blocks))
    parts: dict[str, Part] = {
        player: partial(play_blocks, player=player, tokens=BLOCK_TOKENS, order=order)
        for player in PLAYERS
    }
    ping, _ = supervise(catalog.load(SAMPLE), context, parts, payload=b"", timeout=TIMEOUT_S)
    block_us: dict[bool, list[float]] = {False: [], True: []}
    for is_recorded, elapsed_ns in zip(order, ping.summary, strict=True):
        block_us[is_recorded].append(elapsed_ns / (BLOCK_TOKENS / 2) / 1000)
    return {is_recorded: median(figures) for is_recorded, figures in block_us.items()}


def play_blocks(
    endpoint: Endpoint, desk: Desk, *, player: str, tokens: int, order: Iterable[bool]
) -> tuple[list[int], tuple[()]]:
    """A part: one game after the other; the summary is how long each took, in ns."""
    plays: dict[bool, Callable[..., object]] = {True: play, False: play_without_records}
    elapsed_ns = []
    for is_recorded in order:
        begun_ns = time.perf_counter_ns()
        plays[is_recorded](endpoint, desk, player=player, tokens=tokens, delay=0.0, echo=False)
        elapsed_ns.append(time.perf_counter_ns() - begun_ns)
    return elapsed_ns, ()


def play_without_records(
    endpoint: Endpoint, desk: Desk, *, player: str, tokens: int, delay: float, echo: bool
) -> None:
    """A double of the game's own loop that takes no records; the rest is the same."""
    counters, number, words = desk.counters, desk.number, 0
    token, payload = 0, bytes(desk.payload)
    if player != FIRST:
        token, payload = endpoint.recv()
    while token < tokens:
        words += 1
        counters[number] = words
        if echo:
            print(player, end="", flush=True)
        endpoint.send((token + 1, payload))
        if token + 1 == tokens:
            break
        if delay:
            time.sleep(delay)
        token, payload = endpoint.recv()


class Figures(NamedTuple):
    """What was measured: a launch of either side is an item."""

    pair: Pair
    plain: list[float]
    cookbook: list[float]

    @property
    def ratios(self) -> list[float]:
        return [ours / plain for ours, plain in zip(self.cookbook, self.plain, strict=True)]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def middle_half(self) -> tuple[float, float]:
        if len(self.ratios) == 1:
            return self.ratio, self.ratio
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def keeps_to_target(self) -> bool:
        return self.ratio <= self.pair.target

    @property
    def is_certain(self) -> bool:
        low, high = self.middle_half
        return not low <= self.pair.target < high

    def __str__(self) -> str:
        pair, (low, high) = self.pair, self.middle_half
        verdict = "pass" if self.keeps_to_target else "FAIL"
        return (
            f"{pair.name:15}{median(self.plain):10.2f}{median(self.cookbook):10.2f} {pair.unit}"
            f"{self.ratio:9.3f}   {low:.3f} to {high:.3f}{pair.target:9.2f}   {verdict}"
            f"{'' if self.is_certain else ', but the spread reaches across'}"
        )


def measure(pairs: Sequence[Pair], rounds: int) -> list[Figures]:
    """Launch everything once to warm up, and then in every round."""
    everything = [Figures(pair, [], []) for pair in pairs]
    for pair in pairs:
        pair.plain()
        pair.cookbook()
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


def usable_cpus() -> Cpus:
    """None where the system does not let a process choose."""
    return tuple(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def made_up_accounts() -> list[Account]:
    """The players' records of so many round trips."""
    steps_ns = random.choices(range(5_000, 15_000), k=2 * ANALYSED)
    at_ns = array("Q", itertools.accumulate(steps_ns))
    return [
        Account(player, pid, 1.0, True, array("Q", range(pid, 2 * ANALYSED, 2)), at_ns[pid::2])
        for pid, player in enumerate(PLAYERS)
    ]


def analysis_s(accounts: Sequence[Account]) -> float:
    """How long it takes from these records to the figures of ``bench``, in seconds."""
    from ipc_cookbook.bench.measure import RoundTrips
    from ipc_cookbook.bench.summary import round_trip_launch

    begun_ns = time.perf_counter_ns()
    result = PingPongResult(
        transport=SAMPLE,
        start_method="fork",
        expected=2 * ANALYSED,
        elapsed_s=1.0,
        accounts=accounts,
        caller_pid=-1,
        called_at_ns=0,
    )
    assert result.ok
    round_trip_launch(RoundTrips(1, result.round_trips_ns, 1, 0, result.startup_s, None))
    return (time.perf_counter_ns() - begun_ns) / 1e9


def parse_arguments(names: list[str]) -> argparse.Namespace:
    def at_least(least: int) -> Callable[[str], int]:
        def number(text: str) -> int:
            if not text.isdecimal() or int(text) < least:
                raise argparse.ArgumentTypeError(f"must be a number from {least} on, not {text!r}")
            return int(text)

        return number

    parser = argparse.ArgumentParser(
        description="What the cookbook costs on top of the mechanism itself, as ratios.",
        epilog="The exit status is 0 if every ratio keeps to its target, and else 1.",
    )
    parser.add_argument(
        "--rounds", type=at_least(1), default=25, help="launches of each side (default: 25)"
    )
    parser.add_argument(
        "--tokens",
        type=at_least(BLOCK_TOKENS),
        default=4000,
        help="words of a game (default: 4000)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"measure this alone; may be repeated: {', '.join(names)}",
    )
    parser.add_argument(
        "--start-method", choices=multiprocessing.get_all_start_methods(), help="of the recipes"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10000), help="of the order")
    return parser.parse_args()


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as cache:
            return compare(cache)
    except KeyboardInterrupt:
        return 130
    except (PingPongError, EOFError, OSError, subprocess.SubprocessError) as error:
        print(f"overhead.py: {error!r}", file=sys.stderr)
        return 1


def compare(cache: str) -> int:
    recipes = [name for name in catalog.names() if plain.has_loop(catalog.MODULES[name])]
    names = [*recipes, "command", "records", "records-pinned", "analysis"]
    arguments = parse_arguments(names)
    random.seed(arguments.seed)
    context = multiprocessing.get_context(arguments.start_method)
    tokens = arguments.tokens // 2 * 2  # Ping is answered every time
    cpus = usable_cpus()
    one_cpu = cpus and (max(cpus),)
    wanted = arguments.only or [*catalog.MODULES, *names]
    left_out = {
        name: why for name in catalog.names() if name in wanted and (why := why_left_out(name))
    }
    pairs = [
        *(recipe_pair(name, tokens, context) for name in recipes if name not in left_out),
        command_pair(cache),
        records_pair("records", 1.03, cpus, tokens, context),
        records_pair("records-pinned", 1.05, one_cpu, tokens, context),
    ]
    chosen = [pair for pair in pairs if pair.name in wanted]

    placement = (
        f"everything on CPU {one_cpu[0]}" if one_cpu else "not pinned: expect a wider spread"
    )
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, "
        f"{context.get_start_method()}, {placement}"
    )
    print(f"{arguments.rounds} rounds, {tokens} words a game, seed {arguments.seed}\n")
    for name, why in left_out.items():
        print(f"{name} is left out: {why}")
    with pinned(one_cpu):
        is_kept = compare_pairs(chosen, arguments.rounds) if chosen else True
        if "analysis" in wanted:
            is_kept &= time_analysis()
    return 0 if is_kept else 1


def why_left_out(name: str) -> str | None:
    """Why a recipe cannot be measured, None if it can."""
    if not plain.has_loop(catalog.MODULES[name]):
        return "there is no plain loop for it"
    try:
        catalog.load(name)
    except TransportUnavailable as error:
        return str(error)
    return None


def compare_pairs(pairs: Sequence[Pair], rounds: int) -> bool:
    """Print a line for each; returns whether all keep to their targets."""
    print(f"{'':15}{'plain':>10}{'cookbook':>10}{'ratio':>12}   {'middle half':14}{'target':>9}")
    everything = measure(pairs, rounds)
    for figures in everything:
        print(figures)
    return conclude(everything)


def time_analysis() -> bool:
    try:
        found_s = analysis_s(made_up_accounts())
    except ModuleNotFoundError as error:
        print(f"analysis left out: it needs {error.name}")
        return True
    is_kept = found_s <= ANALYSIS_S
    verdict = "pass" if is_kept else "FAIL"
    print(
        f"analysis of {ANALYSED:,} round trips: {found_s:.2f} s, at most {ANALYSIS_S:g}: {verdict}"
    )
    return is_kept


def conclude(everything: list[Figures]) -> bool:
    """Print the closing lines; returns whether all keep to their targets."""
    unsure = [figures.pair.name for figures in everything if not figures.is_certain]
    if unsure:
        print(f"Too close or too noisy to be certain, try more --rounds: {', '.join(unsure)}")
    verdicts = []
    for target, group in itertools.groupby(everything, lambda figures: figures.pair.target):
        names = {figures.pair.name: figures.keeps_to_target for figures in group}
        what = "recipes" if names.keys() <= catalog.MODULES.keys() else ", ".join(names)
        missed = ", ".join(name for name, is_kept in names.items() if not is_kept)
        verdicts.append(f"{what} at most {target:.2f}: {f'FAIL ({missed})' if missed else 'pass'}")
    print("; ".join(verdicts))
    return all(figures.keeps_to_target for figures in everything)


if __name__ == "__main__":
    raise SystemExit(main())
