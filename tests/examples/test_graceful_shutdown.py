"""Asked to stop, the program finishes what is in work, ends what is stuck, and says which."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_all_start_methods
from pathlib import Path

import pytest
from programs import EXAMPLES, command, strike
from stuck import HERE, Gate

from driver import CODE, Running, run

PROGRAM = "graceful_shutdown.py"
FIRST_PROCESS = ("unshare", "--pid", "--fork", "--kill-child")
"""The beginning of a command that is the first process of its namespace, as in a container."""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Gate(tmp_path / "a gate")) as made:
        yield made


def in_work(gate: Gate, *words: object, before: tuple[str, ...] = ()) -> tuple[Running, list[int]]:
    """The program with both of its workers in work, and these."""
    environment = {**HERE, "STUCK_AT": str(gate.path)}
    running = Running(*before, *command(PROGRAM, *words), env=environment)
    return running, [int(running.out.until(r"(\d+) reads .*\n")[1]) for _ in range(2)]


def lost(line: str) -> tuple[set[int], str]:
    """What the last line says is lost, in any order, and not begun."""
    match = re.fullmatch(r"lost: (?:none|\[(.*)\]), not begun: (.*)", line)
    assert match, line
    return {int(number) for number in re.findall(r"\d+", match[1] or "")}, match[2]


def test_all_is_done() -> None:
    done = run(*command(PROGRAM, "math:factorial", 5, -1, 20))
    *answers, last = done.stdout.splitlines()
    assert sorted(answers) == [
        "-1: ValueError: factorial() not defined for negative values",
        "20: 2432902008176640000",
        "5: 120",
    ]
    assert last == "lost: none, not begun: none"


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("number", "whom"),
    [(signal.SIGTERM, "parent"), (signal.SIGINT, "parent"), (signal.SIGINT, "group")],
)
def test_what_is_in_work_is_finished(
    gate: Gate, number: signal.Signals, whom: str, times: int
) -> None:
    running, _ = in_work(gate, "--grace", 60, "stuck:keep", 1, 2, 3)
    with running:
        for _ in range(times):
            running.signal(number, whom)
        assert running.line() == f"{number.name}: 60 s left"
        gate.let_go(2)
        assert {running.line(), running.line()} == {"1: 1", "2: 2"}
        assert running.end(128 + number) == ("lost: none, not begun: [3]\n", "")


def test_what_is_stuck_is_terminated(gate: Gate) -> None:
    running, _ = in_work(gate, "--grace", 0, "stuck:keep", 1, 2, 3)
    with running:
        running.signal(signal.SIGTERM, "parent")
        assert running.line() == "SIGTERM: 0 s left"
        assert running.line() == "terminate 2 of 2 workers"
        assert lost(running.line()) == ({1, 2}, "[3]")
        assert running.end(143) == ("", "")


def test_who_does_not_hear_that_is_killed(gate: Gate) -> None:
    """A process that is stopped hears SIGKILL alone."""
    running, (_, stopped) = in_work(gate, "--grace", 0, "stuck:keep", 1, 2)
    with running:
        strike(stopped, signal.SIGSTOP)
        running.signal(signal.SIGTERM, "parent")
        assert running.line() == "SIGTERM: 0 s left"
        assert running.line() == "terminate 2 of 2 workers"
        assert running.line() == "kill 1 of 2 workers"
        assert lost(running.line()) == ({1, 2}, "none")
        assert running.end(143) == ("", "")


def test_a_killed_worker_loses_what_it_had(gate: Gate) -> None:
    running, (victim, _) = in_work(gate, "stuck:keep", 1, 2, 3)
    with running:
        strike(victim, signal.SIGKILL)
        gate.let_go(2)
        rest = {*"123"} - {running.line()[0]}
        running.out.until(r"reads .*\n")
        rest -= {running.line()[0]}
        assert running.end(1) == (f"lost: [{rest.pop()}], not begun: none\n", "")


def test_with_nobody_left_the_others_are_not_begun(gate: Gate) -> None:
    running, workers = in_work(gate, "stuck:keep", 1, 2, 3)
    with running:
        for worker in workers:
            strike(worker, signal.SIGKILL)
        assert lost(running.line()) == ({1, 2}, "[3]")
        assert running.end(1) == ("", "")


def test_a_sigterm_for_all_ends_the_workers_at_once(gate: Gate) -> None:
    """Whether the parent has heard it before it sees that is luck."""
    running, _ = in_work(gate, "--grace", 60, "stuck:keep", 1, 2, 3)
    with running:
        running.signal(signal.SIGTERM)
        out, err = running.end(1, 143)
        assert lost(out.splitlines()[-1]) == ({1, 2}, "[3]")
        assert err == ""


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="nothing is inherited")
def test_with_a_copy_of_the_handler_a_worker_would_not_be_terminated(
    gate: Gate, tmp_path: Path
) -> None:
    program = (EXAMPLES / PROGRAM).read_text(encoding="utf-8")
    match = re.search(r"    heard, bell = .*\n.*\n.*bell\.send.*\n", program)
    assert match
    before, after = program.replace(match[0], "").split("    crew:")
    forking = "import multiprocessing\nmultiprocessing.set_start_method('fork')\n"
    other = tmp_path / PROGRAM
    other.write_text(f"{forking}{before}{match[0]}    crew:{after}", encoding="utf-8")
    environment = {**HERE, "STUCK_AT": str(gate.path)}
    words = (sys.executable, other, "--grace", 0, "stuck:keep", 1, 2)
    with Running(*words, env=environment) as running:
        for _ in range(2):
            running.out.until(r"reads .*\n")
        running.signal(signal.SIGTERM, "parent")
        said, _ = running.end(143)
    assert "terminate 2 of 2 workers\nkill 2 of 2 workers\n" in said


def can_be_first() -> bool:
    return (
        sys.platform == "linux"
        and not subprocess.run([*FIRST_PROCESS, "true"], capture_output=True).returncode
    )


@pytest.mark.skipif(not can_be_first(), reason="there may be no new namespace of processes")
class TestAsTheFirstProcessOfAContainer:
    def test_sigterm_is_heard(self, gate: Gate) -> None:
        words = ["--grace", 60, "stuck:keep", 1, 2, 3]
        running, _ = in_work(gate, *words, before=FIRST_PROCESS)
        with running:
            (program,) = running.children()
            os.kill(program, signal.SIGTERM)
            assert running.line() == "SIGTERM: 60 s left"
            gate.let_go(2)
            assert {running.line(), running.line()} == {"1: 1", "2: 2"}
            assert running.end(143) == ("lost: none, not begun: [3]\n", "")

    def test_who_has_no_handler_does_not_hear_it(self) -> None:
        program = "import sys; print('ready', flush=True); sys.stdin.read(); print('goes on')"
        with Running(*FIRST_PROCESS, *CODE, program) as running:
            assert running.line() == "ready"
            (first,) = running.children()
            os.kill(first, signal.SIGTERM)
            assert running.end(0) == ("goes on\n", "")
