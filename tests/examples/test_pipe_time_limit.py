from __future__ import annotations

import os
import signal
from pathlib import Path

from programs import Running, on_terminal, open_files, run, until

PROGRAM = "pipe_time_limit.py"


def test_results_in_order(start_method: str) -> None:
    done = run(PROGRAM, "--start-method", start_method, "math:factorial", 5, 0, 20)
    assert done.stdout == "5: 120\n0: 1\n20: 2432902008176640000\n"
    assert done.stderr == ""


def test_a_slow_call_is_ended_and_the_next_is_answered(start_method: str) -> None:
    options = ["--limit", 0.3, "--start-method", start_method]
    done = run(PROGRAM, *options, "time:sleep", 0.01, 60, 0.02, status=1)
    assert done.stdout == "0.01: None\n0.02: None\n"
    assert done.stderr == "60: no answer within 0.3 s\n"


def test_a_call_that_never_lets_go_of_the_interpreter() -> None:
    """A thread could neither end it nor even notice the time."""
    done = run(PROGRAM, "--limit", 0.3, "builtins:eval", "'9**9**9'", "'6*7'", status=1)
    assert done.stdout == "'6*7': 42\n"
    assert done.stderr == "'9**9**9': no answer within 0.3 s\n"


def test_a_crash_is_reported_and_the_next_is_answered(start_method: str) -> None:
    method = ["--start-method", start_method]
    done = run(PROGRAM, *method, "signal:raise_signal", int(signal.SIGSEGV), 0, 9, 0, status=1)
    assert done.stdout == "0: None\n0: None\n"
    assert done.stderr == (
        "11: the worker was killed by SIGSEGV\n9: the worker was killed by SIGKILL\n"
    )


def test_a_worker_that_leaves() -> None:
    for function in ("sys:exit", "os:_exit"):
        done = run(PROGRAM, function, 3, status=1)
        assert done.stderr == "3: the worker ended with status 3\n"


def test_exceptions_and_results_that_cannot_be_sent() -> None:
    done = run(PROGRAM, "builtins:open", "/nowhere", os.devnull, "[]", status=1)
    assert done.stdout == ""
    first, second, third = done.stderr.splitlines()
    assert first == "/nowhere: FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'"
    assert second.startswith(f"{os.devnull}: TypeError: cannot pickle")
    assert third.startswith("[]: TypeError: expected str")


def test_a_result_too_large_to_print() -> None:
    done = run(PROGRAM, "math:factorial", 5000, 3, status=1)
    assert done.stdout == "3: 6\n"
    assert done.stderr.startswith("5000: Exceeds the limit")


def test_a_worker_killed_in_the_middle_of_a_call(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    call = f"[open({str(mark)!r}), __import__('time').sleep(59)]"
    with Running(PROGRAM, "builtins:eval", call, "6*7", "--limit", 60) as running:
        (worker,) = running.until_started(1)
        until(lambda: str(mark) in open_files(worker))
        os.kill(worker, signal.SIGKILL)
        out, err = running.end(1)
    assert out == "6*7: 42\n"
    assert err == f"{call}: the worker was killed by SIGKILL\n"


def test_the_number_of_the_call_on_a_terminal() -> None:
    assert "call 2 of 2" in on_terminal(PROGRAM, "math:sin", 1, 2)
