"""The programs of ``examples/``, as their users run them: from anywhere, and each by itself."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from driver import until

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))


def command(program: str, *arguments: object) -> list[str]:
    """``-P``: no other file of its folder can be imported."""
    return [sys.executable, "-P", str(EXAMPLES / program), *map(str, arguments)]


def strike(pid: int, number: signal.Signals) -> None:
    """Stop or kill a process, and wait until it is: before that, it may still do something."""
    os.kill(pid, number)
    until(lambda: set("TZ") >= {*states_of(pid)})


def states_of(pid: int) -> list[str]:
    """Those of its threads, as Linux names them; none if it has gone."""
    found = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            text = Path(f"/proc/{pid}/task/{thread}/stat").read_text(encoding="utf-8")
            found.append(text.rpartition(")")[2].split()[0])
    return found
