"""The command: ``bench``, ``bench compare``, and ``bench plot``."""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, TypeVar

from ipc_cookbook import UnknownTransport, catalog
from ipc_cookbook.arguments import choose_start_method, parse_size, seconds
from ipc_cookbook.bench import document as documents
from ipc_cookbook.bench import files, plan
from ipc_cookbook.cli import (
    DONE,
    FAILED,
    INTERRUPTED,
    Parser,
    UsageError,
    add_host_options,
    limit,
    number,
    whole,
)
from ipc_cookbook.extras import need

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
    first = "".join(rest[:1])
    if not command and not first.startswith("-") and first not in {*catalog.MODULES, ""}:
        near = catalog.suggestion(first, [*catalog.MODULES, *filter(None, COMMANDS)])
        raise UnknownTransport(f"there is no recipe or command of bench {first!r}; {near}")
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
    add("--seed", type=at_least(0), metavar="N", help="of the order of launches (a new one)")
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
    add_host_options(
        parser,
        listen="answer another host, which decides what is measured",
        connect="measure the exchanges with the host that listens there",
    )


def add_compare_options(parser: Parser) -> None:
    parser.add_argument("a", metavar="A.json", help="written by bench --json: the one before")
    parser.add_argument("b", metavar="B.json", help="the one after")
    parser.add_argument(
        "--fail-above",
        type=checked(parse_ratio),
        metavar="RATIO",
        help="exit with status 1 if an exchange takes more than RATIO times as long in B",
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


def parse_ratio(text: str) -> float:
    ratio = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
    if ratio < 1:
        raise ValueError(f"must be 1 or more, 1.1 say, not {text!r}")
    return ratio


def run_bench(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Measure, print the table, and write the files."""
    if options.listen is not None or options.connect is not None:
        from ipc_cookbook.hosts.bench import run_between_hosts

        return run_between_hosts(options)
    if options.keys is not None:
        raise UsageError("--keys is for --listen and --connect")
    need("bench", "bench")
    check_outputs(options)
    planned, left_out = plan_of(options)
    from ipc_cookbook.bench.machine import describe_machine
    from ipc_cookbook.bench.measure import measure
    from ipc_cookbook.bench.progress import progress_on

    started, machine = datetime.now(UTC), describe_machine()
    progress = progress_on(None if options.quiet else sys.stderr)
    measurement = measure(planned, left_out, progress)

    from ipc_cookbook.bench import report

    deliver(report.build(measurement, machine, started), options)
    for failure in {each.case.mechanism: each for each in measurement.failures[::-1]}.values():
        name, size = failure.case.mechanism.name, failure.case.size
        print(f"ipc_cookbook: {name} with {size} B: {failure.error}", file=sys.stderr)
    if measurement.is_interrupted:
        return INTERRUPTED
    return FAILED if measurement.failures else DONE


def check_outputs(options: argparse.Namespace) -> None:
    """See that all files can be written."""
    paths = [path for path in (options.json, options.csv, options.plot) if path is not None]
    if options.plot is not None:
        need("plot", "--plot")
        files.check_target(options.plot, PLOT_SUFFIXES)
    for path in paths:
        files.check_target(path)
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        raise UsageError("--json, --csv, and --plot must name different files")


def plan_of(options: argparse.Namespace) -> tuple[plan.Plan, dict[str, str]]:
    """What is to be measured, and why the rest is not."""
    timeout = None if options.timeout is None else seconds("--timeout", options.timeout)
    if timeout is not None and options.tokens is None and options.seconds >= timeout:
        raise UsageError(
            f"--seconds must be less than --timeout, {timeout:g} s, not {options.seconds:g}"
        )
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
        timeout=timeout,
    )
    return planned, left_out


def deliver(document: documents.Document, options: argparse.Namespace) -> None:
    """Print the table and write the files, each whatever becomes of the others."""
    from ipc_cookbook.bench import report, table

    has_figures = bool(document["cases"])
    with ExitStack() as afterwards:
        if options.plot and has_figures:
            afterwards.callback(write_picture, document, options.plot)
        if options.csv:
            afterwards.callback(files.write_whole, options.csv, report.as_csv(document))
        if options.json:
            afterwards.callback(files.write_whole, options.json, documents.dump(document))
        print(table.as_text(document) if has_figures else "nothing was measured", flush=True)


def write_picture(document: documents.Document, path: str) -> None:
    from ipc_cookbook.bench import plot

    files.write_whole(path, plot.draw(document, path))


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
    write_picture(document, options.target)
    return DONE


Entry = tuple[
    Callable[[argparse.Namespace, list[dict[str, Any]]], int], Callable[[Parser], None], str, str
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
