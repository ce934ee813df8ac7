"""The options of ``bench``, and the plan that they make."""

from __future__ import annotations

import argparse
import random

from ipc_cookbook.bench import plan
from ipc_cookbook.bench.places import PLACES, Place, place_of, places_here
from ipc_cookbook.bench.plan import Plan
from ipc_cookbook.cli.options import (
    Parser,
    add_start_method,
    add_timeout,
    at_least,
    checked,
    duration,
)
from ipc_cookbook.cli.statuses import UsageError
from ipc_cookbook.errors import BadValue
from ipc_cookbook.facts import CARRIES
from ipc_cookbook.game.arguments import choose_start_method, parse_size, seconds

DEFAULT_SIZES = "0,64KiB"
DEFAULT_LAUNCHES, FEWER_LAUNCHES = 5, 3
LONGEST_PACE_S = 1.0
FEWEST_TOKENS = 5


class Options(argparse.Namespace):
    recipes: list[str]
    sizes: tuple[int, ...]
    carries: str | None
    place: tuple[Place, ...] | None
    launches: int | None
    seconds: float
    tokens: int | None
    start_method: str | None
    pace: float | None
    room: bool
    syscalls: bool
    seed: int | None
    timeout: float | None
    json: str | None
    csv: str | None
    plot: str | None
    quiet: bool


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("recipes", nargs="*", metavar="RECIPE", help="what to measure (all that can be)")
    add(
        "--sizes",
        type=checked(parse_sizes),
        default=DEFAULT_SIZES,
        metavar="SIZE,...",
        help=f"bytes that travel with each word, up to 64MiB ({DEFAULT_SIZES})",
    )
    add("--carries", choices=CARRIES, help="only those that carry pickles, or bytes")
    add(
        "--place",
        type=checked(parse_places),
        metavar="WHERE,...",
        help="both players on one CPU, each on one of two, or free (all three)",
    )
    add(
        "--launches",
        type=at_least(1),
        metavar="N",
        help=f"how often each is started anew ({DEFAULT_LAUNCHES}; "
        f"{FEWER_LAUNCHES} where one takes long)",
    )
    add(
        "--seconds",
        type=checked(parse_seconds),
        default=0.05,
        metavar="S",
        help="how long the words of a launch should take (0.05)",
    )
    add(
        "--tokens",
        type=at_least(FEWEST_TOKENS),
        metavar="N",
        help="words of a launch, instead of --seconds",
    )
    add_start_method(parser)
    add(
        "--pace",
        type=checked(parse_pace),
        metavar="S",
        help="measure with a pause before each word as well: 1ms, 0.01",
    )
    add(
        "--room", action="store_true", help="see what becomes of messages that nobody takes in time"
    )
    add("--syscalls", action="store_true", help="count system calls, with strace")
    add("--seed", type=at_least(0), metavar="N", help="of the order of launches (a new one)")
    add_timeout(parser, "a launch")
    add("--json", metavar="FILE", help="write everything, fit to compare and to draw")
    add("--csv", metavar="FILE", help="write the figures, a row per launch")
    add("--plot", metavar="FILE", help="draw, as .svg, .png or .pdf")
    add("--quiet", action="store_true", help="no progress on standard error")


def parse_sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(dict.fromkeys(parse_size(part) for part in text.split(",")))
    if max(sizes) > plan.LARGEST_PAYLOAD:
        raise BadValue(f"must be at most 64MiB, not {text}")
    return sizes


def parse_seconds(text: str) -> float:
    value = seconds("the time", duration(text))
    if value == 0:
        raise BadValue("must be more than 0 seconds")
    return value


def parse_places(text: str) -> tuple[Place, ...]:
    places = {str(place): place for place in PLACES}
    names = list(dict.fromkeys(text.split(",")))
    if not {*names} <= {*places}:
        raise BadValue(f"must be one, two or free, or some of them with commas, not {text!r}")
    return tuple(place_of(places[name]) for name in names)


def parse_pace(text: str) -> float:
    value = seconds("the pause", duration(text))
    if not 0 < value <= LONGEST_PACE_S:
        raise BadValue(f"must be more than 0 and at most {LONGEST_PACE_S:g} seconds, not {text}")
    return value


def plan_of(options: Options) -> tuple[Plan, dict[str, str]]:
    """What is to be measured, and why the rest is not."""
    timeout = None if options.timeout is None else seconds("--timeout", options.timeout)
    if timeout is not None and options.tokens is None and options.seconds >= timeout:
        raise UsageError(
            f"--seconds must be less than --timeout, {timeout:g} s, not {options.seconds:g}"
        )
    if options.pace and options.tokens and timeout is not None:
        paced_s = options.tokens // 2 * options.pace
        if paced_s >= timeout:
            raise UsageError(
                f"the pauses of {options.tokens} words would take {paced_s:g} s, "
                f"and --timeout is {timeout:g} s"
            )
    mechanisms, left_out = plan.choose(options.recipes, options.carries)
    places, places_left_out = (options.place, {}) if options.place else places_here()
    planned = Plan(
        mechanisms=mechanisms,
        start_method=choose_start_method(options.start_method),
        places=places,
        places_left_out=places_left_out,
        sizes=options.sizes,
        launches=options.launches or DEFAULT_LAUNCHES,
        fewer_launches=options.launches or FEWER_LAUNCHES,
        seconds=options.seconds,
        tokens=options.tokens,
        pace_s=options.pace,
        with_room=options.room,
        with_system_calls=options.syscalls,
        seed=random.randrange(10_000) if options.seed is None else options.seed,
        timeout=timeout,
    )
    return planned, left_out
