"""``ipc_cookbook bench plot``: draw what was measured before."""

from __future__ import annotations

import argparse
from typing import Any

from ipc_cookbook.cli.bench_output import PAINTERS, PICTURES, write_picture
from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.statuses import DONE
from ipc_cookbook.errors import BadValue
from ipc_cookbook.render.files import check_target

DESCRIPTION = "Draw a measurement again."
EPILOG = ""


class Options(argparse.Namespace):
    source: str
    target: str


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("source", metavar="FILE.json", help="written by bench --json")
    add("target", metavar="OUT", help="to draw, as .svg, .png or .pdf")


def run(options: Options, results: list[dict[str, Any]]) -> int:
    need("plot", "bench plot", *PAINTERS)
    from ipc_cookbook.bench.document import load

    check_target(options.target, PICTURES)
    document = load(options.source)
    if not document["cases"]:
        raise BadValue(f"{options.source} holds no figures: nothing was measured")
    write_picture(document, options.target)
    return DONE
