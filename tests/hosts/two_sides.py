"""Two sides of a game as two programs, each of its own, as two people would start them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

REMOTE = ("socket", "zeromq")
WAIT_S = 20


class Program:
    """One side: a command line that runs, and what it said so far."""

    def __init__(self, *arguments: str, within: Sequence[str] = ()) -> None:
        self.heard = self.seen = ""
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "ipc_cookbook", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "NO_COLOR": "1"},
        )

    def hear(self, pattern: str) -> re.Match[str]:
        """Read from its standard error until a line has the pattern."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.heard += line
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"it never said {pattern!r}, but: {self.heard}")

    def see(self, words: int) -> None:
        """Read from its standard output until so many words were said."""
        assert self.process.stdout is not None
        self.seen += self.process.stdout.read(4 * words)
        assert len(self.seen) >= 4 * words

    def finish(self, wait_s: float = WAIT_S) -> tuple[int, str, str]:
        """The exit status, the rest of the words, and all of standard error."""
        out, err = self.process.communicate(timeout=wait_s)
        self.heard += err
        return self.process.returncode, out, self.heard

    def player(self) -> int:
        """The process id of its player."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def press_ctrl_c(self) -> None:
        """As a terminal does: everyone in the foreground gets it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in self.process.stdout, self.process.stderr:
            assert stream is not None
            stream.close()


@contextmanager
def program(*arguments: str, within: Sequence[str] = ()) -> Iterator[Program]:
    running = Program(*arguments, within=within)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def two_sides(
    recipe: str, keys: Path | None, *options: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Program, Program]]:
    """Ping's program and Pong's, over a port that the system picks."""
    pong_keys, ping_keys = [
        ["--keys", str(keys / side)] if keys else [] for side in ("pong", "ping")
    ]
    with program(recipe, "--listen", f"{host}:0", *pong_keys, *options) as pong:
        port = pong.hear(r"listening on .*:(\d+)$")[1]
        with program(recipe, "--connect", f"{host}:{port}", *ping_keys, *options) as ping:
            yield ping, pong


def result_of(side: Program, wait_s: float = WAIT_S) -> dict[str, Any]:
    """The one game of a side that ran with ``--json``."""
    status, out, err = side.finish(wait_s)
    assert status == 0, err
    (result,) = json.loads(out)["results"]
    assert isinstance(result, dict)
    return result
