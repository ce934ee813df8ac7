"""System calls of a round trip, counted by ``strace`` on Linux.

The game is played twice under it, once with more words. What the longer game has more is what
its words have cost; the start and the end cancel out. A game under strace is slow, so no time is
taken from it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from tempfile import NamedTemporaryFile

from ipc_cookbook.errors import PingPongError, TransportUnavailable

WORDS = (100, 700)
LEAST = 0.05
GAME = """
from ipc_cookbook import run_pingpong
run_pingpong({name!r}, tokens={words}, payload=bytes({size}), start_method={start_method!r})
"""


def check() -> None:
    """See that system calls can be counted here.

    :raises TransportUnavailable: they cannot.
    """
    if sys.platform != "linux":
        raise TransportUnavailable("--syscalls counts with strace, which is for Linux alone")
    if not shutil.which("strace"):
        raise TransportUnavailable("--syscalls needs strace: apt install strace")
    tried = subprocess.run(["strace", "-c", "true"], capture_output=True, text=True)
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TransportUnavailable(f"--syscalls: strace may not trace here: {reason}")


def per_round_trip(name: str, size: int, start_method: str) -> dict[str, float]:
    """How many of each system call there are, the most frequent first.

    :param name: of a recipe.
    :param size: of the payload in bytes.
    :raises PingPongError: the game failed under strace.
    """
    few, many = (count(name, size, start_method, words) for words in WORDS)
    round_trips = (WORDS[1] - WORDS[0]) / 2
    found = {call: (many[call] - few.get(call, 0)) / round_trips for call in many}
    ranked = sorted(found, key=lambda call: -found[call])
    return {call: round(found[call], 2) for call in ranked if found[call] >= LEAST}


def count(name: str, size: int, start_method: str, words: int) -> dict[str, int]:
    with NamedTemporaryFile("r", prefix="ipc_cookbook-", suffix=".strace") as file:
        game = GAME.format(name=name, words=words, size=size, start_method=start_method)
        command = ["strace", "-f", "-c", "-o", file.name, sys.executable, "-c", game]
        done = subprocess.run(command, capture_output=True, text=True)  # the game has a time limit
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise PingPongError(f"it failed under strace: {reason}")
        return counts_in(file.read())


def counts_in(table: str) -> dict[str, int]:
    """The calls in what ``strace -c`` writes: share, seconds, each, calls, maybe errors, name."""
    rows = (line.split() for line in table.splitlines())
    return {
        row[-1]: int(row[3])
        for row in rows
        if len(row) in (5, 6) and row[3].isdecimal() and row[-1] != "total"
    }
