"""Another server of the kind that a recipe starts. It ends with the process that has started it."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: Sequence[str], ready: str) -> tuple[subprocess.Popen[str], str]:
    """The program, and what it has said by the time it says that it is ready."""
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent,
    )
    assert program.stdout is not None
    said = ""
    while ready not in said:
        line = program.stdout.readline()
        assert line, said
        said += line
    return program, said


@contextmanager
def started(command: Sequence[str], ready: str) -> Iterator[tuple[int, str]]:
    """The program's process id, and what it has said by the time it says that it is ready."""
    program, said = start(command, ready)
    try:
        yield program.pid, said
    finally:
        program.kill()
        program.communicate()
