"""``ipc_cookbook keys``: make the keys with which two hosts play."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

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
    add("folder", metavar="DIR", help="a new folder, for the files ping and pong")
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

    with tidy_termination():
        made = make(options.folder, options.host, options.days)
    results.append(made.as_dict())
    if not options.json and not options.quiet and sys.stderr:
        print(made, file=sys.stderr)
    return DONE


@contextmanager
def tidy_termination() -> Iterator[None]:
    """Let SIGTERM end this program as ever, but not before what is half made is gone."""

    def end(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except SystemExit:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
