"""Every recipe against the loop that a careful person would write over the same mechanism.

    python benchmarks/peers.py

The round trip of a recipe, played by ``run_pingpong``, is held against the loop of the same
name in ``plain/``, with payloads of 0 B, 100 B and 64 KiB. Where the order is left to luck, a
round trip is the time from any word to the one after the next, whoever says them.

Both are launched again in every round, one right after the other, in shuffled order. The ratio
is that of the medians over the launches, with its 95 % interval. Both players are on one CPU:
spread over several, placement alone moves a median by more than what is measured here. On one
CPU, who spins waits for the end of a time slice; so the players of a recipe that spins have a
CPU each. ``--place`` puts all of them alike.

A recipe is left out if nothing crosses from process to process, if it has no plain loop, or if
it does not run here. The exit status is 1 if with 100 B the interval of a ratio lies wholly
above the goal, and else 0.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import random
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from statistics import median
from typing import NamedTuple

import plain
from pairs import Pair, at_least, compare

from ipc_cookbook import PingPongError, TransportUnavailable, catalog, facts, run_pingpong
from ipc_cookbook.bench.places import ONE, PLACES, TWO, Place, PlaceName, pinned, places_here
from ipc_cookbook.bench.stage import Stage

SIZES = (0, 100, 64 * 1024)
JUDGED_SIZE = 100
FEWEST_TOKENS = 20
LAUNCH_S = 0.1
TIMEOUT_S = 60.0


class Settings(NamedTuple):
    """What all pairs have in common.

    :ivar place: where all players are put; None for the place that suits a recipe.
    :ivar tokens: how many words a game has at most.
    :ivar goal: for the ratio.
    """

    context: BaseContext
    place: PlaceName | None
    tokens: int
    goal: float


def place_for(name: str, chosen: PlaceName | None) -> Place:
    """On one CPU, who spins waits for the end of a time slice."""
    waiting = facts.head(catalog.describe(name).fields["Waiting"])
    here, _ = places_here()
    wanted = chosen or (TWO if waiting.startswith("spins") else ONE)
    return next((place for place in here if place.name == wanted), here[-1])


def pair_of(name: str, size: int, settings: Settings) -> Pair:
    """A recipe and its plain loop, with a payload of this size."""
    context, payload = settings.context, random.randbytes(size)
    place = place_for(name, settings.place)
    transport = Stage(catalog.load(name), place)
    in_turn = "order" in catalog.guarantees(name)

    def play_plain(tokens: int) -> float:
        with pinned(place.cpus):
            at_ns = plain.run(catalog.MODULES[name], tokens, context, payload, place.cpus)
        return median(between(at_ns, 1 if in_turn else 2)) / 1000

    def play_recipe(tokens: int) -> float:
        with pinned(place.cpus):
            result = run_pingpong(
                transport,
                tokens=tokens,
                payload=payload,
                start_method=context.get_start_method(),
                timeout=TIMEOUT_S,
            )
        if result.count != tokens or not (result.ok or not in_turn):
            raise PingPongError(f"the game did not go as it should: {result}")
        if in_turn:
            return median(result.round_trips_ns) / 1000
        return median(between([turn.at_ns for turn in result.turns], 2)) / 1000

    enough = int(2 * LAUNCH_S * 1e6 / play_plain(FEWEST_TOKENS))
    tokens = min(settings.tokens, max(FEWEST_TOKENS, enough)) // 2 * 2  # Ping is always answered
    return Pair(
        f"{name:16}{size:>7}",
        "us",
        settings.goal if size == JUDGED_SIZE else None,
        partial(play_plain, tokens),
        partial(play_recipe, tokens),
    )


def between(at_ns: Sequence[int], step: int) -> Iterable[int]:
    """The times from one word to the one that is ``step`` further."""
    return map(int.__sub__, at_ns[step:], at_ns)


def why_left_out(name: str) -> str | None:
    """Why a recipe cannot be measured, None if it can."""
    if "count" not in catalog.guarantees(name):
        return "nothing crosses from process to process"
    if not plain.has_loop(catalog.MODULES[name]):
        return "there is no plain loop for it"
    try:
        catalog.load(name)
    except TransportUnavailable as error:
        return str(error)
    return None


def parse_arguments() -> argparse.Namespace:
    def sizes(text: str) -> list[int]:
        return [at_least(0)(size) for size in text.split(",")]

    parser = argparse.ArgumentParser(
        description="Every recipe against the loop that a careful person would write.",
        epilog="The exit status is 1 if a ratio is certainly above the goal, and else 0.",
    )
    parser.add_argument("--sizes", type=sizes, default=SIZES, help="in bytes: 0,100,65536")
    parser.add_argument("--rounds", type=at_least(1), default=15, help="launches of each side: 15")
    parser.add_argument(
        "--tokens", type=at_least(FEWEST_TOKENS), default=20000, help="words of a game at most"
    )
    parser.add_argument("--goal", type=float, default=1.05, help="for the ratio at 100 B: 1.05")
    parser.add_argument(
        "--only", action="append", choices=catalog.names(), metavar="NAME", help="may be repeated"
    )
    parser.add_argument(
        "--place",
        choices=PLACES,
        help="both players on one CPU, or on two, or wherever the system puts them",
    )
    parser.add_argument("--start-method", choices=multiprocessing.get_all_start_methods())
    parser.add_argument("--seed", type=int, default=random.randrange(10000), help="of the order")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    random.seed(arguments.seed)
    context = multiprocessing.get_context(arguments.start_method)
    settings = Settings(context, arguments.place, arguments.tokens, arguments.goal)
    names = arguments.only or catalog.names()
    left_out = {name: why for name in names if (why := why_left_out(name))}
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, "
        f"{context.get_start_method()}; {arguments.rounds} rounds, seed {arguments.seed}\n"
    )
    for name, why in left_out.items():
        print(f"{name} is left out: {why}")
    if left_out:
        print()
    try:
        pairs = [
            pair_of(name, size, settings)
            for name in names
            if name not in left_out
            for size in arguments.sizes
        ]
        return 0 if compare(pairs, arguments.rounds, arguments.seed) else 1
    except KeyboardInterrupt:
        return 130
    except (PingPongError, EOFError, OSError) as error:
        print(f"peers.py: {error!r}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
