"""The command: ``bench``, ``bench compare``, and ``bench plot``."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from ipc_cookbook.arguments import choose_start_method, parse_size, seconds
from ipc_cookbook.bench import document as documents
from ipc_cookbook.bench import files, plan
from ipc_cookbook.bench.extras import need
from ipc_cookbook.cli import (
    DONE,
    FAILED,
    INTERRUPTED,
    Parser,
    UsageError,
    limit,
    number,
    whole,
)

DEFAULT_SIZES = "0,1KiB,64KiB,1MiB"
FEWEST_TOKENS = 5
PLOT_SUFFIXES = (".svg", ".png", ".pdf")

BENCH_EXAMPLES = """\
examples:
  python -m ipc_cookbook bench                          all recipes, in two minutes
  python -m ipc_cookbook bench queue pipe --sizes 0     two of them, no payload
  python -m ipc_cookbook bench --pin 0 --json here.json --plot here.svg
  python -m ipc_cookbook bench compare before.json after.json --fail-above 1.1
  python -m ipc_cookbook bench plot here.json again.png

what is measured, always between two processes:
  an exchange there and back, from the words that the players record; messages one way, with
  one acknowledgement at the end; the start-up; the CPU time. The floor stands beside it.
"""
COMPARE_EXAMPLES = """\
examples:
  python -m ipc_cookbook bench compare before.json after.json
  python -m ipc_cookbook bench compare before.json after.json --fail-above 1.1
"""

Value = TypeVar("Value")


def parse(given: Sequence[str]) -> argparse.Namespace:
    """What is to be done, and how."""
    command, rest = (given[0], given[1:]) if given[:1] and given[0] in COMMANDS else ("", given)
    function, add_options, description, epilog = COMMANDS[command]
    parser = Parser(
        prog=f"ipc_cookbook bench {command}".rstrip(),
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command="bench", function=function)
    add_options(parser)
    return parser.parse_intermixed_args(rest)


def add_bench_options(parser: Parser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="RECIPE", help="what to measure (all that can be)")
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
    add(
        "--start-method",
        metavar="METHOD",
        help="fork, forkserver, or spawn (the platform's default)",
    )
    add(
        "--pin",
        type=checked(plan.parse_cpus),
        metavar="CPUS",
        help="keep all processes to these CPUs: 0, 0,2 or 0-3",
    )
    add("--seed", type=whole, metavar="N", help="of the order of launches (a new one)")
    add(
        "--timeout",
        type=limit,
        default=60.0,
        metavar="S",
        help="seconds a launch may take, or none (60)",
    )
    add("--json", metavar="FILE", help="write everything, fit to compare and to draw")
    add("--csv", metavar="FILE", help="write the figures, a row per launch")
    add("--plot", metavar="FILE", help="draw, as .svg, .png or .pdf")
    add("--quiet", action="store_true", help="no progress on standard error")


def add_compare_options(parser: Parser) -> None:
    parser.add_argument("a", metavar="A.json", help="written by bench --json: the one before")
    parser.add_argument("b", metavar="B.json", help="the one after")
    parser.add_argument(
        "--fail-above",
        type=number,
        metavar="RATIO",
        help="exit with status 1 if an exchange takes more than this many times as long in B",
    )


def add_plot_options(parser: Parser) -> None:
    parser.add_argument("source", metavar="FILE.json", help="written by bench --json")
    parser.add_argument("target", metavar="OUT", help="to draw, as .svg, .png or .pdf")


def checked(parse_text: Callable[[str], Value]) -> Callable[[str], Value]:
    """Let the parser show what is wrong with a value."""

    def parse_or_explain(text: str) -> Value:
        try:
            return parse_text(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_or_explain


def at_least(least: int) -> Callable[[str], int]:
    def parse_number(text: str) -> int:
        value = whole(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more, not {text}")
        return value

    return parse_number


def parse_sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(dict.fromkeys(parse_size(part) for part in text.split(",")))
    if max(sizes) > plan.LARGEST_PAYLOAD:
        raise ValueError(f"must be at most 64MiB, not {text}")
    return sizes


def parse_seconds(text: str) -> float:
    value = seconds("the time", number(text))
    if value == 0:
        raise ValueError("must be more than 0 seconds")
    return value


def run_bench(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Measure, print the table, and write the files."""
    need("bench", "bench")
    for path in filter(None, (options.json, options.csv)):
        files.check_target(path)
    if options.plot:
        need("plot", "--plot")
        files.check_target(options.plot, PLOT_SUFFIXES)
    mechanisms, left_out = plan.choose(options.names)
    planned = plan.Plan(
        mechanisms=mechanisms,
        start_method=choose_start_method(options.start_method),
        sizes=options.sizes,
        launches=options.launches,
        seconds=options.seconds,
        tokens=options.tokens,
        pin=options.pin,
        seed=random.randrange(10_000) if options.seed is None else options.seed,
        timeout=None if options.timeout is None else seconds("--timeout", options.timeout),
    )
    from ipc_cookbook.bench.machine import describe_machine
    from ipc_cookbook.bench.measure import measure
    from ipc_cookbook.bench.progress import Progress

    started, machine = datetime.now(UTC), describe_machine()
    progress = Progress(None if options.quiet else sys.stderr)
    measurement = measure(planned, left_out, progress)

    from ipc_cookbook.bench import report, table

    document = report.build(measurement, machine, started)
    print(table.as_text(document) if document["cases"] else "nothing was measured", flush=True)
    if options.json:
        files.write_whole(options.json, documents.dump(document))
    if options.csv:
        files.write_whole(options.csv, report.as_csv(document))
    if options.plot and document["cases"]:
        from ipc_cookbook.bench import plot

        files.write_whole(options.plot, plot.draw(document, options.plot))
    for failure in {each.case.mechanism: each for each in measurement.failures[::-1]}.values():
        name, size = failure.case.mechanism.name, failure.case.size
        print(f"ipc_cookbook: {name} with {size} B: {failure.error}", file=sys.stderr)
    if measurement.is_interrupted:
        return INTERRUPTED
    return FAILED if measurement.failures else DONE


def run_compare(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Print what differs between two measurements."""
    need("bench", "bench compare")
    a, b = documents.load(options.a), documents.load(options.b)
    from ipc_cookbook.bench import compare

    comparisons = compare.compare(a, b)
    if not comparisons:
        raise ValueError(f"{options.a} and {options.b} have no mechanism and size in common")
    print(compare.as_text(a, b, comparisons), flush=True)
    if options.fail_above is None:
        return DONE
    if not all(found.ratio.has_enough_launches for found in comparisons):
        raise UsageError("--fail-above needs five launches or more in both files")
    above = [found for found in comparisons if found.is_above(options.fail_above)]
    for found in above:
        size = found.payload_size
        print(
            f"ipc_cookbook: {found.transport} with {size} B took {found.ratio.value:.2f} times "
            f"as long in B, more than {options.fail_above:g}",
            file=sys.stderr,
        )
    return FAILED if above else DONE


def run_plot(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Draw what was measured before."""
    need("plot", "bench plot")
    files.check_target(options.target, PLOT_SUFFIXES)
    document = documents.load(options.source)
    if not document["cases"]:
        raise ValueError(f"{options.source} holds no figures: nothing was measured")
    from ipc_cookbook.bench import plot

    files.write_whole(options.target, plot.draw(document, options.target))
    return DONE


Entry = tuple[
    Callable[[argparse.Namespace, list[dict[str, Any]]], int],
    Callable[[Parser], None],
    str,
    str,
]
COMMANDS: dict[str, Entry] = {
    "": (
        run_bench,
        add_bench_options,
        "Measure the recipes here; see also: bench compare --help, bench plot --help.",
        BENCH_EXAMPLES,
    ),
    "compare": (
        run_compare,
        add_compare_options,
        "Hold two measurements against each other.",
        COMPARE_EXAMPLES,
    ),
    "plot": (run_plot, add_plot_options, "Draw a measurement again.", ""),
}
