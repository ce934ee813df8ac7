"""The options of ``bench``, and the plan that they make."""

from __future__ import annotations

import argparse
import random

from ipc_cookbook.bench import plan
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
from ipc_cookbook.game.arguments import choose_start_method, parse_size, seconds

DEFAULT_SIZES = "0,1KiB,64KiB,1MiB"
FEWEST_TOKENS = 5


class Options(argparse.Namespace):
    recipes: list[str]
    sizes: tuple[int, ...]
    launches: int
    seconds: float
    tokens: int | None
    start_method: str | None
    pin: tuple[int, ...] | None
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
    add(
        "--launches",
        type=at_least(1),
        default=5,
        metavar="N",
        help="how often each is started anew (5)",
    )
    add(
        "--seconds",
        type=checked(parse_seconds),
        default=0.2,
        metavar="S",
        help="how long the words of a launch should take (0.2)",
    )
    add(
        "--tokens",
        type=at_least(FEWEST_TOKENS),
        metavar="N",
        help="words of a launch, instead of --seconds",
    )
    add_start_method(parser)
    add(
        "--pin",
        type=checked(plan.parse_cpus),
        metavar="CPUS",
        help="keep all processes to these CPUs: 0, 0,2 or 0-3",
    )
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


def plan_of(options: Options) -> tuple[Plan, dict[str, str]]:
    """What is to be measured, and why the rest is not."""
    timeout = None if options.timeout is None else seconds("--timeout", options.timeout)
    if timeout is not None and options.tokens is None and options.seconds >= timeout:
        raise UsageError(
            f"--seconds must be less than --timeout, {timeout:g} s, not {options.seconds:g}"
        )
    mechanisms, left_out = plan.choose(options.recipes)
    planned = Plan(
        mechanisms=mechanisms,
        start_method=choose_start_method(options.start_method),
        sizes=options.sizes,
        launches=options.launches,
        seconds=options.seconds,
        tokens=options.tokens,
        pin=options.pin,
        seed=random.randrange(10_000) if options.seed is None else options.seed,
        timeout=timeout,
    )
    return planned, left_out
