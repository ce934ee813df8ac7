"""What goes to standard output and to standard error, and how it looks there."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO

import ipc_cookbook


def printable(text: str) -> str:
    """The text, with all else escaped: somebody else's words must not steer a terminal."""
    if text.isprintable():
        return text
    escaped = (each.encode("unicode_escape").decode("ascii") for each in text)
    return "".join(
        each if each.isprintable() else other for each, other in zip(text, escaped, strict=True)
    )


def complain(message: str) -> None:
    """One line of this program's on standard error."""
    if sys.stderr:
        print(f"ipc_cookbook: {printable(message)}", file=sys.stderr)


def report_progress(name: str, text: str) -> None:
    """One line about a game that goes on, and does not wait until somebody reads it."""
    with suppress(OSError):
        if sys.stderr and takes_more(sys.stderr):
            print(f"{name}: {printable(text)}\n", end="", file=sys.stderr, flush=True)


def takes_more(stream: TextIO) -> bool:
    """Can something be written at once? True as well where the system cannot say."""
    try:
        return bool(select.select([], [stream], [], 0)[1])
    except (OSError, ValueError):
        return True


def print_verdict(stream: TextIO | None, name: str, text: str, *, went_well: bool) -> None:
    """One line on what came of a game, its name in colour on a terminal."""
    if stream is None:
        return
    if stream.isatty() and not os.environ.get("NO_COLOR"):
        name = f"\x1b[{'32' if went_well else '31'}m{name}\x1b[0m"
    print(f"{name}: {printable(text)}", file=stream, flush=True)


def print_json(status: int, error: dict[str, Any] | None, results: list[dict[str, Any]]) -> None:
    """What every command prints with ``--json``."""
    import json

    version = ipc_cookbook.__version__
    print(
        json.dumps({"ipc_cookbook": version, "status": status, "error": error, "results": results})
    )


def abandon_output() -> None:
    """Give up what is still to be written: Python would try once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
