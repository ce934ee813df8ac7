"""``ipc_cookbook bench compare``: what differs between two measurements."""

from __future__ import annotations

import argparse
import re
from typing import Any

from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser, checked
from ipc_cookbook.cli.output import complain
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError
from ipc_cookbook.errors import BadValue
from ipc_cookbook.printing import say

DESCRIPTION = "Hold two measurements against each other."
EPILOG = """\
examples:
  python -m ipc_cookbook bench compare before.json after.json
  python -m ipc_cookbook bench compare before.json after.json --fail-above 1.1
"""


class Options(argparse.Namespace):
    a: str
    b: str
    fail_above: float | None


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("a", metavar="A.json", help="written by bench --json: the one before")
    add("b", metavar="B.json", help="the one after")
    add(
        "--fail-above",
        type=checked(parse_ratio),
        metavar="RATIO",
        help="exit with status 1 if a round trip takes more than RATIO times as long in B",
    )


def parse_ratio(text: str) -> float:
    ratio = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
    if ratio < 1:
        raise BadValue(f"must be 1 or more, 1.1 say, not {text!r}")
    return ratio


def run(options: Options, results: list[dict[str, Any]]) -> int:
    need("bench", "bench compare", "numpy", "msgspec")
    from ipc_cookbook.bench.compare import compare
    from ipc_cookbook.bench.document import load
    from ipc_cookbook.render.bench_comparison import as_text

    a, b = load(options.a), load(options.b)
    comparisons = compare(a, b)
    if not comparisons:
        raise BadValue(f"{options.a} and {options.b} have no mechanism and size in common")
    say(as_text(a, b, comparisons))
    if options.fail_above is None:
        return DONE
    if not all(found.ratio.has_enough_launches for found in comparisons):
        raise UsageError("--fail-above needs five launches or more in both files")
    above = [found for found in comparisons if found.is_above(options.fail_above)]
    for found in above:
        complain(
            f"{found.transport} with {found.payload_size} B, {found.place}, "
            f"took {found.ratio.value:.2f} times as long in B, more than {options.fail_above:g}"
        )
    return FAILED if above else DONE
