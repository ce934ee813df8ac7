"""What a rule is, and the words that several of them use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ipc_cookbook.diagnose.graph import Thread
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture


class Clue(NamedTuple):
    """What a rule found, in a sentence, and the threads that it is about."""

    why: str
    threads: list[Thread]


Found = Iterator[Clue]


class Rule(NamedTuple):
    """A cause: its name, what mends it, and the pitfall that shows it, if there is one."""

    cause: str
    fix: str
    pitfall: str | None
    find: Callable[[Picture], Found]


def rule(
    cause: str, fix: str, pitfall: str | None = None
) -> Callable[[Callable[[Picture], Found]], Rule]:
    """Make a rule of a function."""
    return lambda find: Rule(cause, fix, pitfall, find)


def waits(threads: list[Thread]) -> str:
    """``pid 1 waits``, ``pids 1 and 2 wait``."""
    numbers = {pid for pid, _ in threads}
    return f"{pids(numbers)} wait{'s' if len(numbers) == 1 else ''}"
