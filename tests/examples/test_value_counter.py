from __future__ import annotations

import os
import re
import signal

import pytest
from programs import Running, run

PROGRAM = "value_counter.py"


def test_with_the_lock_nothing_is_lost(start_method: str) -> None:
    done = run(PROGRAM, "--start-method", start_method)
    assert done.stdout == "200000 of 200000 counted, 0 lost\n"


def test_without_the_lock_much_is_lost() -> None:
    done = run(PROGRAM, "--without-lock")
    match = re.fullmatch(r"(\d+) of 200000 counted, (\d+) lost\n", done.stdout)
    assert match
    assert int(match[1]) + int(match[2]) == 200_000
    assert int(match[2]) > 0


def test_more_workers_than_cpus() -> None:
    done = run(PROGRAM, "--workers", 7, "--each", 1000)
    assert done.stdout == "7000 of 7000 counted, 0 lost\n"


@pytest.mark.parametrize("victim", [0, 2])
def test_a_killed_worker_is_noticed_even_if_the_lock_dies_with_it(victim: int) -> None:
    with Running(PROGRAM, "--workers", 3, "--each", 10**9) as running:
        pid = running.until_started(3)[victim]
        os.kill(pid, signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err == f"worker {pid} was killed by SIGKILL: not all is counted\n"
