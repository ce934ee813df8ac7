"""Games in programs of their own, to be interrupted, stopped, and killed.

python announced.py RECIPE START_METHOD

plays without end, and its players tell their process ids as they begin.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Self

from driver import CODE, Running
from faulty import WrappedEnd
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import load
from ipc_cookbook.leftovers import with_own_shared_memory
from ipc_cookbook.transport import End


class AnnouncedEnd(WrappedEnd):
    """An end that tells its player's process id."""

    def __enter__(self) -> Self:
        os.write(1, f"{os.getpid()}\n".encode())
        return super().__enter__()


class AnnouncedTransport:
    def __init__(self, recipe: str) -> None:
        self.recipe = recipe

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        with load(self.recipe).open_pair(context, max_payload) as (first, second):
            yield AnnouncedEnd(first), AnnouncedEnd(second)


@contextmanager
def announced_game(recipe: str, start_method: str) -> Iterator[tuple[Running, list[int]]]:
    """A game without end, and the process ids of its players."""
    with Running(sys.executable, __file__, recipe, start_method, is_tidy=False) as program:
        yield program, [int(program.line()) for _ in range(2)]


COMMAND_LINE = """
import os, sys

class Mark:
    def find_spec(self, name, *details):
        if name == "ipc_cookbook.cli":
            os.write(1, b"#")

sys.meta_path.insert(0, Mark())
from ipc_cookbook.__main__ import main
raise SystemExit(main())
"""


@contextmanager
def command_line_game(recipe: str, start_method: str, *, is_tidy: bool = True) -> Iterator[Running]:
    """A slow game from the command line, from the moment at which it is this package's.

    Before that Python answers a signal itself, whatever the program.
    """
    options = [recipe, "--start-method", start_method, "--delay", "1"]
    command = [*with_own_shared_memory(), *CODE, COMMAND_LINE, *options]
    with Running(*command, is_tidy=is_tidy) as program:
        assert program.out.read(1) == "#"
        yield program


if __name__ == "__main__":
    run_pingpong(
        AnnouncedTransport(sys.argv[1]),
        start_method=sys.argv[2],
        tokens=10**9,
        delay=0.001,
        timeout=None,
    )
