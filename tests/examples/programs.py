"""The programs of ``examples/``, as their users run them: from anywhere, and each by itself."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from driver import Running, until

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))


def command(program: str, *arguments: object) -> list[str]:
    """``-P``: no other file of its folder can be imported."""
    return [sys.executable, "-P", str(EXAMPLES / program), *map(str, arguments)]


def interrupt(program: Running, whom: str = "group") -> None:
    """Ctrl-C, once its main thread waits.

    Python may lose one that comes as it forks, or as it begins to wait for a lock or a process.
    """
    until(lambda: states_of(program.pid)[:1] == ["S"])
    program.interrupt(whom)


def strike(pid: int, number: signal.Signals) -> None:
    """Stop or kill a process, and wait until it is: before that, it may still do something."""
    os.kill(pid, number)
    until(lambda: set("TZ") >= {*states_of(pid)})


def states_of(pid: int) -> list[str]:
    """Those of its threads, the main one first, as Linux names them; none if it has gone."""
    found = []
    with suppress(OSError):
        for thread in sorted(os.listdir(f"/proc/{pid}/task"), key=int):
            text = Path(f"/proc/{pid}/task/{thread}/stat").read_text(encoding="utf-8")
            found.append(text.rpartition(")")[2].split()[0])
    return found
