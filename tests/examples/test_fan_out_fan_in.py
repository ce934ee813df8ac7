"""Tasks for several workers: all are done, nobody waits for a slow one, and a lost one is named."""

from __future__ import annotations

import os
import re
import signal

import pytest
from programs import command, states_of, strike

from driver import Running, run, until

PROGRAM = "fan_out_fan_in.py"
MANY = 10**12


def tasks_in(lines: list[str]) -> list[int]:
    """Where each of them begins."""
    return [int(line.split(" ")[0]) for line in lines]


@pytest.mark.parametrize("workers", [1, 3, 9])
def test_every_task_is_done_once_and_the_answers_are_put_together(workers: int) -> None:
    done = run(*command(PROGRAM, 50_000, "--workers", workers))
    *lines, last = done.stdout.splitlines()
    assert sorted(lines) == [
        "10002 to 20001: 1033",
        "2 to 10001: 1229",
        "20002 to 30001: 983",
        "30002 to 40001: 958",
        "40002 to 49999: 930",
    ]
    assert last == "in all: 5133"
    assert done.stderr == ""


def test_without_workers_nothing_is_counted() -> None:
    done = run(*command(PROGRAM, 100, "--workers", 0), status=1)
    assert (done.stdout, done.stderr) == ("", "not all are counted\n")
    assert run(*command(PROGRAM, 2, "--workers", 0)).stdout == "in all: 0\n"


def test_a_stopped_worker_holds_up_its_own_task_alone() -> None:
    """And of a hundred million tasks only those are made that somebody works on."""
    with Running(*command(PROGRAM, MANY, "--workers", 3)) as running:
        running.line()
        stopped = running.until_started(3)[1]
        strike(stopped, signal.SIGSTOP)
        done = tasks_in([running.line() for _ in range(20)])
        assert len(set(done)) == 20
        os.kill(stopped, signal.SIGCONT)  # or it would not notice that we kill its parent


def test_a_worker_that_dies_between_two_tasks_is_noticed() -> None:
    with Running(*command(PROGRAM, MANY, "--workers", 2)) as running:
        running.line()
        worker, _ = running.until_started(2)
        strike(running.pid, signal.SIGSTOP)
        until(lambda: {*states_of(worker)} == {"S"})  # it has answered
        strike(worker, signal.SIGKILL)
        running.signal(signal.SIGCONT, "parent")
        running.out.until("lost, the worker died with status -9\n")


def test_a_killed_worker_and_its_task_are_named_and_the_others_go_on() -> None:
    with Running(*command(PROGRAM, MANY, "--workers", 3)) as running:
        running.line()
        first, *others = running.until_started(3)
        os.kill(first, signal.SIGKILL)
        lost = running.out.until(r"(\d+) to \d+: lost, the worker died with status -9\n")
        done = tasks_in([running.line() for _ in range(9)])
        assert int(lost[1]) not in done
        for worker in others:
            os.kill(worker, signal.SIGKILL)
        out, err = running.end(1)
    assert len(re.findall("lost, the worker died with status -9\n", out)) == 2
    assert "in all" not in out
    assert err == "not all are counted\n"
