"""A game in a program of its own, whose players tell their process ids as they begin.

python announced.py RECIPE START_METHOD
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path

from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import load
from ipc_cookbook.transport import End, Endpoint, Message


class AnnouncedEnd:
    """An end that tells its player's process id, and after each word that it was said."""

    def __init__(self, inner: End) -> None:
        self.inner = inner

    def __enter__(self) -> AnnouncedEnd:
        os.write(1, f"{os.getpid()}\n".encode())
        inner = self.inner
        self.endpoint: Endpoint = (
            inner.__enter__() if isinstance(inner, AbstractContextManager) else inner
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        if isinstance(self.inner, AbstractContextManager):
            self.inner.__exit__(*exc_info)  # type: ignore[arg-type]

    def send(self, message: Message) -> None:
        self.endpoint.send(message)

    def recv(self) -> Message:
        return self.endpoint.recv()


class AnnouncedTransport:
    def __init__(self, recipe: str) -> None:
        self.recipe = recipe

    @contextmanager
    def open_pair(self, context: BaseContext, payload_size: int) -> Iterator[tuple[End, End]]:
        with load(self.recipe).open_pair(context, payload_size) as (first, second):
            yield AnnouncedEnd(first), AnnouncedEnd(second)


@contextmanager
def announced_game(
    recipe: str, start_method: str
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A game without end: the program's process, and the process ids of the players."""
    with subprocess.Popen(
        [sys.executable, __file__, recipe, start_method],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parent,
    ) as program:
        assert program.stdout is not None
        try:
            yield program, [int(program.stdout.readline()) for _ in range(2)]
        finally:
            program.kill()


if __name__ == "__main__":
    run_pingpong(
        AnnouncedTransport(sys.argv[1]),
        start_method=sys.argv[2],
        tokens=10**9,
        delay=0.001,
        timeout=None,
    )
