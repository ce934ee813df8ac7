"""The programs that are diagnosed: those that hang, and those that only wait.

One that hangs says so in its docstring: ``:Cause:``; ``:Grade:`` if that is not HUNG; ``:Start
methods:`` if it does not hang under all. One that goes on prints ``ready`` once it waits.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from driver import environment, until
from ipc_cookbook.diagnose import HUNG
from ipc_cookbook.gallery.watch import LAUNCHER, MARK, watched_folder

FOLDER = Path(__file__).parent
HANGING = sorted((FOLDER / "hung").glob("*.py"))
HEALTHY = sorted((FOLDER / "healthy").glob("*.py"))


class Expected(NamedTuple):
    cause: str
    grade: str
    start_methods: str


def expected_of(path: Path) -> Expected:
    fields = dict(re.findall(r':([\w ]+): ([^"\n]+)', path.read_text(encoding="utf-8")))
    return Expected(fields["Cause"], fields.get("Grade", HUNG), fields.get("Start methods", ""))


@contextmanager
def started(
    path: Path, start_method: str, *, stdout: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs, and of which nothing is left afterwards."""
    with ExitStack() as last:
        folder, mark = last.enter_context(watched_folder())
        program = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, start_method, str(path)],
            env=environment({MARK: mark, "TMPDIR": str(folder)}),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with program:
            try:
                yield program
            finally:
                last.close()


@contextmanager
def ready(path: Path, start_method: str) -> Iterator[int]:
    """The process id of a program that has said that it is ready."""
    with started(path, start_method, stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline() == b"ready\n"
        yield program.pid


def until_it_sleeps(pid: int) -> None:
    until(lambda: "S (sleeping)" in Path(f"/proc/{pid}/status").read_text())


def is_alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")
