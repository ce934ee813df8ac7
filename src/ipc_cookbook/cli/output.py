"""What goes to standard output and to standard error, and how it looks there."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO

import ipc_cookbook
from ipc_cookbook.printing import remark, say


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
    remark(f"ipc_cookbook: {printable(message)}")


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


def verdict_line(stream: TextIO | None, name: str, text: str, *, went_well: bool) -> str:
    """One line on what came of a game, its name in colour if the stream is a terminal."""
    if stream and stream.isatty() and not os.environ.get("NO_COLOR"):
        name = f"\x1b[{'32' if went_well else '31'}m{name}\x1b[0m"
    return f"{name}: {printable(text)}"


def print_json(status: int, error: dict[str, Any] | None, results: list[dict[str, Any]]) -> None:
    """What every command prints with ``--json``."""
    import json

    version = ipc_cookbook.__version__
    say(json.dumps({"ipc_cookbook": version, "status": status, "error": error, "results": results}))


def write_file(path: str, content: str | bytes) -> None:
    """Write a file, and say where it is if not where it was to be.

    :raises ipc_cookbook.render.files.CannotWrite: it is not what the path names now.
    """
    from ipc_cookbook.render.files import write_whole

    if remarkable := write_whole(path, content):
        complain(remarkable)
