"""``ipc_cookbook keys``: make the keys with which two hosts play."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser, duration
from ipc_cookbook.cli.output import printable
from ipc_cookbook.cli.statuses import DONE
from ipc_cookbook.printing import remark

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
    need("hosts", "keys", "ipc_cookbook.hosts.new_keys")
    from ipc_cookbook.hosts.new_keys import make

    with signals_held_up() as has_one_come:
        made = make(options.folder, options.host, options.days)
        if has_one_come():
            for file in made.files:
                file.unlink()
            with suppress(OSError):  # it may have been there before, as a mount
                made.folder.rmdir()
    results.append(made.as_dict())
    if not options.json and not options.quiet:
        for line in str(made).splitlines():
            remark(printable(line))
    return DONE


@contextmanager
def signals_held_up() -> Iterator[Callable[[], bool]]:
    """No signal ends this program while something is half made; it does right afterwards.

    Gives a function that says whether one has come.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield lambda: False
        return
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT
    ending = {number for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        yield lambda: bool(signal.sigpending() & ending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
