"""``ipc_cookbook keys``: make the keys with which two hosts play."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser, duration
from ipc_cookbook.cli.statuses import DONE

DESCRIPTION = "Make the keys with which two hosts play."
EPILOG = ""


class Options(argparse.Namespace):
    folder: str
    host: list[str]
    days: float
    quiet: bool
    json: bool


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", metavar="DIR", help="a new folder, for DIR/ping and DIR/pong")
    add(
        "--host",
        action="append",
        default=[],
        metavar="NAME_OR_IP",
        help="where the side that listens will be called; may be repeated (this machine's name, "
        "and localhost always)",
    )
    add("--days", type=duration, default=365.0, metavar="N", help="how long they are valid (365)")
    add("--quiet", action="store_true", help="no word on standard error")


def run(options: Options, results: list[dict[str, Any]]) -> int:
    need("hosts", "keys")
    from ipc_cookbook.hosts.new_keys import make

    made = make(options.folder, options.host, options.days)
    results.append(made.as_dict())
    if not options.json and not options.quiet and sys.stderr:
        print(made, file=sys.stderr)
    return DONE
