"""Two sides of a game: as two programs, as two people would start them, or from Python."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ipc_cookbook import ConnectionFailed, PingPongResult, play_remote
from processes import remove_folder, workers_of

WAIT_S = 20


class Program:
    """One side: a command line that runs, and what it said so far.

    It has a temporary folder of its own.
    """

    def __init__(self, *arguments: str, within: Sequence[str] = ()) -> None:
        self.heard = self.seen = ""
        self.folder = tempfile.mkdtemp(prefix="ipc")
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "ipc_cookbook", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "NO_COLOR": "1", "TMPDIR": self.folder},
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
        (player,) = workers_of(self.process.pid)
        return player

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
        remove_folder(self.folder, self.process.returncode)


@contextmanager
def program(*arguments: str, within: Sequence[str] = ()) -> Iterator[Program]:
    running = Program(*arguments, within=within)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def listening(
    recipe: str, keys: Path | None, *options: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Program, int]]:
    """Pong's program, and the port that the system picked for it."""
    own = with_keys(keys, "pong")
    with program(recipe, "--listen", f"{host}:0", *own, *options) as pong:
        yield pong, int(pong.hear(r"listening on .*:(\d+)$")[1])


@contextmanager
def calling(recipe: str, keys: Path | None, address: str, *options: str) -> Iterator[Program]:
    """Ping's program."""
    with program(recipe, "--connect", address, *with_keys(keys, "ping"), *options) as ping:
        yield ping


def with_keys(keys: Path | None, side: str) -> list[str]:
    return ["--keys", str(keys / side)] if keys else []


@contextmanager
def two_sides(
    recipe: str, keys: Path | None, *options: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Program, Program]]:
    """Ping's program and Pong's."""
    with (
        listening(recipe, keys, *options, host=host) as (pong, port),
        calling(recipe, keys, f"{host}:{port}", *options) as ping,
    ):
        yield ping, pong


def result_of(side: Program, wait_s: float = WAIT_S) -> dict[str, Any]:
    """The one game of a side that ran with ``--json``."""
    status, out, err = side.finish(wait_s)
    assert status == 0, err
    (result,) = json.loads(out)["results"]
    assert isinstance(result, dict)
    return result


def free_address() -> str:
    """One that was free a moment ago: for a side that must be started before the other one."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return f"127.0.0.1:{bound.getsockname()[1]}"


def both_sides(
    recipe: str, keys: Path, for_ping: dict[str, Any], for_pong: dict[str, Any]
) -> dict[str, PingPongResult]:
    """Both sides from one program, each in a thread of its own."""
    address = free_address()
    results: dict[str, PingPongResult] = {}

    def play_pong() -> None:
        results["Pong"] = play_remote(recipe, listen=address, keys=keys / "pong", **for_pong)

    pong = threading.Thread(target=play_pong)
    pong.start()
    results["Ping"] = play_remote(recipe, connect=address, keys=keys / "ping", **for_ping)
    pong.join()
    return results


def failed_call(recipe: str, address: str, keys: Path | None) -> ConnectionFailed:
    """Why nothing came of it, in one line."""
    with pytest.raises(ConnectionFailed) as caught:
        play_remote(recipe, connect=address, keys=keys)
    assert "\n" not in str(caught.value)
    return caught.value
