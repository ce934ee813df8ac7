"""A call in a process of its own: too slow, crashed, or answered."""

from __future__ import annotations

import json
import os
import signal

import pytest
from programs import command

from driver import Running, run

PROGRAM = "pipe_time_limit.py"


def test_answers_in_order_past_a_slow_call_and_a_crash() -> None:
    calls = ["6*7", '__import__("time").sleep(60)', "1+1"]
    crash = f'__import__("signal").raise_signal({signal.SIGSEGV:d})'
    texts = map(json.dumps, [*calls, crash, "2+2"])
    done = run(*command(PROGRAM, "--limit", 1, "builtins:eval", *texts), status=1)
    assert done.stdout == "'6*7': 42\n'1+1': 2\n'2+2': 4\n"
    assert done.stderr == (
        f"{calls[1]!r}: no answer within 1 s\n"
        f"{crash!r}: the process ended with status {-signal.SIGSEGV}\n"
    )


def test_a_call_that_never_lets_go_of_the_interpreter() -> None:
    """A thread could neither end it nor even notice the time."""
    done = run(*command(PROGRAM, "--limit", 1, "builtins:eval", '"9**9**9"', '"6*7"'), status=1)
    assert done.stdout == "'6*7': 42\n"
    assert done.stderr == "'9**9**9': no answer within 1 s\n"


@pytest.mark.parametrize("function", ["sys:exit", "os:_exit"])
def test_a_process_that_leaves(function: str) -> None:
    done = run(*command(PROGRAM, function, 3), status=1)
    assert done.stderr == "3: the process ended with status 3\n"


def test_exceptions_and_results_that_cannot_be_sent() -> None:
    done = run(*command(PROGRAM, "builtins:open", '"/nowhere"', '"/dev/null"', "[]"), status=1)
    assert done.stdout == ""
    first, second, third = done.stderr.splitlines()
    assert first == "'/nowhere': FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'"
    assert second.startswith("'/dev/null': TypeError: cannot pickle")
    assert third.startswith("[]: TypeError: expected str")


def test_a_process_killed_in_the_middle_of_a_call() -> None:
    with Running(*command(PROGRAM, "--limit", 60, "time:sleep", 59, 0)) as running:
        (process,) = running.until_started(1)
        os.kill(process, signal.SIGKILL)
        out, err = running.end(1)
    assert out == "0: None\n"
    assert err == f"59: the process ended with status {-signal.SIGKILL}\n"
