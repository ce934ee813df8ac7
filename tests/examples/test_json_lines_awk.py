"""A game with a program that is not Python, whichever awk there is."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from programs import EXAMPLES, command, interrupt

from driver import Running, run

PROGRAM = "json_lines_awk.py"
AWKS = {"mawk": "mawk", "gawk": "awk", "original-awk": "awk", "busybox": "awk"}
"""Programs that are an awk, and the name by which each is to be found."""

pytestmark = pytest.mark.skipif(not shutil.which("awk"), reason="there is no awk here")


def words(each: int) -> str:
    return f"{'PingPong' * each}\n{2 * each} words; awk has ended with status 0\n"


def test_fifty_words() -> None:
    done = run(*command(PROGRAM))
    assert (done.stdout, done.stderr) == (words(25), "")


@pytest.mark.parametrize("each", [0, 1, 2000])
def test_as_many_words_as_were_asked_for(each: int) -> None:
    assert run(*command(PROGRAM, "--each", each)).stdout == words(each)


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_that_there_is(awk: str, tmp_path: Path) -> None:
    found = shutil.which(awk)
    if not found:
        pytest.skip(f"there is no {awk} here")
    (tmp_path / AWKS[awk]).symlink_to(found)
    done = run(*command(PROGRAM), env={"PATH": str(tmp_path)})
    assert (done.stdout, done.stderr) == (words(25), "")


def test_it_is_awk_that_says_pong(tmp_path: Path) -> None:
    """One that would say something else, and counts the turns that it is given."""
    source = (EXAMPLES / PROGRAM).read_text(encoding="utf-8")
    changed = tmp_path / PROGRAM
    changed.write_text(source.replace("UG9uZw==", "UGFuZw=="), encoding="utf-8")
    assert source != changed.read_text(encoding="utf-8")
    assert run(*command(str(changed))).stdout == words(25).replace("Pong", "Pang")


def test_without_awk(tmp_path: Path) -> None:
    done = run(*command(PROGRAM), env={"PATH": str(tmp_path)}, status=1)
    assert done.stdout == ""
    assert done.stderr.startswith("the game is over: ")
    assert done.stderr.endswith("'awk'\n")


ENDLESS = command(PROGRAM, "--each", 10**9)
"""Playing for longer than any test; a first word means that awk is there."""


def test_an_awk_that_dies_is_noticed() -> None:
    with Running(*ENDLESS) as running:
        running.out.read(8)
        (pid,) = running.children()
        os.kill(pid, signal.SIGKILL)
        out, err = running.end(1)
    assert out == "PingPong" * (len(out) // 8)
    assert err in ("awk has died\n", "the game is over: [Errno 32] Broken pipe\n")


@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c(whom: str) -> None:
    with Running(*ENDLESS) as running:
        running.out.read(8)
        interrupt(running, whom)
        _, err = running.end(130)
    assert err == ""


def test_awk_ends_when_the_program_is_killed() -> None:
    """The fixture for leftovers looks for it."""
    with Running(*ENDLESS) as running:
        running.out.read(8)
        running.kill()
        running.end(-signal.SIGKILL)
