"""One counter for many: right with the lock, wrong without it."""

from __future__ import annotations

import os
import re
import signal

import pytest
from programs import command

from driver import Running, run

PROGRAM = "value_counter.py"


def test_with_the_lock_nothing_is_lost() -> None:
    done = run(*command(PROGRAM, "--workers", 7, "--each", 10_000))
    assert done.stdout == "70000 of 70000 counted, 0 lost\n"
    assert done.stderr == ""


def test_without_the_lock_much_is_lost() -> None:
    done = run(*command(PROGRAM, "--without-lock"))
    match = re.fullmatch(r"(\d+) of 200000 counted, (\d+) lost\n", done.stdout)
    assert match
    assert int(match[1]) + int(match[2]) == 200_000
    assert int(match[2]) > 0


@pytest.mark.parametrize("victim", [0, 2])
def test_a_killed_worker_is_noticed_even_if_the_lock_dies_with_it(victim: int) -> None:
    with Running(*command(PROGRAM, "--workers", 3, "--each", 10**9)) as running:
        pid = running.until_started(3)[victim]
        os.kill(pid, signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err == f"worker {pid} died (-9): not all is counted\n"


def test_a_bar_on_a_terminal() -> None:
    pytest.importorskip("tqdm")
    with Running(*command(PROGRAM), terminals=["stderr"]) as running:
        _, shown = running.end(0)
    assert re.search(r"200000/200000 \[.*units", shown)
