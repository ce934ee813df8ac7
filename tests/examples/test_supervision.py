"""Who dies is started again, after longer and longer pauses, and not for ever."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from programs import command, interrupt, strike
from stuck import HERE, Gate

from driver import Running, run

PROGRAM = "supervision.py"
AGAIN = "worker 3 died with status 3: again in {} s"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Gate(tmp_path / "a gate")) as made:
        yield made


def at_the_gate(gate: Gate, *words: object) -> Running:
    return Running(*command(PROGRAM, *words), env={**HERE, "STUCK_AT": str(gate.path)})


def next_reader(running: Running) -> int:
    return int(running.out.until(r"(\d+) reads .*\n")[1])


def test_pauses_double_until_it_is_given_up() -> None:
    done = run(*command(PROGRAM, "--pause", 0.01, "os:_exit", 0, 3), status=1)
    lines = done.stdout.splitlines()
    lines.remove("worker 0: done")
    assert lines == [AGAIN.format(pause) for pause in ("0.01", "0.02", "0.04")]
    assert done.stderr == "worker 3 died with status 3 once too often: given up\n"


def test_a_killed_worker_is_started_again(gate: Gate) -> None:
    with at_the_gate(gate, "stuck:keep", 5) as running:
        first = next_reader(running)
        strike(first, signal.SIGKILL)
        assert running.line() == "worker 5 died with status -9: again in 0.1 s"
        assert next_reader(running) != first
        gate.let_go()
        assert running.end(0) == ("worker 5: done\n", "")


def test_a_worker_that_is_killed_in_its_pause_has_died_once_more() -> None:
    with Running(*command(PROGRAM, "--pause", 60, "os:_exit", 3)) as running:
        assert running.line() == AGAIN.format(60)
        (worker,) = running.until_started(1)
        strike(worker, signal.SIGKILL)
        assert running.line() == "worker 3 died with status -9: again in 120 s"
        interrupt(running, "parent")
        running.end(130)


def test_deaths_of_long_ago_do_not_count() -> None:
    words = ["--within", 0, "--pause", 0.01, "--limit", 2, "os:_exit", 3]
    with Running(*command(PROGRAM, *words)) as running:
        for _ in range(5):
            assert running.line() == AGAIN.format("0.01")
        interrupt(running, "parent")
        running.end(130)


@pytest.mark.parametrize("stopped", [False, True])
def test_when_it_gives_up_nobody_is_left(gate: Gate, stopped: bool) -> None:
    """Not even who hears no other signal than SIGKILL."""
    with at_the_gate(gate, "--limit", 0, "stuck:keep", 1, 2) as running:
        victim, other = next_reader(running), next_reader(running)
        if stopped:
            strike(other, signal.SIGSTOP)
        strike(victim, signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert re.fullmatch(r"worker [12] died with status -9 once too often: given up\n", err)


def test_an_exception_is_a_death_and_shows_its_traceback() -> None:
    done = run(*command(PROGRAM, "--limit", 0, "math:sqrt", -1), status=1, traceback=True)
    assert "ValueError" in done.stderr
    assert done.stderr.endswith("worker -1 died with status 1 once too often: given up\n")
