from __future__ import annotations

import os
import signal
from pathlib import Path

from programs import Running, open_files, run, until

PROGRAM = "pipe_time_limit.py"


def test_answers_in_order_past_a_slow_call_and_a_crash(start_method: str) -> None:
    options = ["--start-method", start_method, "--limit", 0.3, "builtins:eval"]
    calls = ["'6*7'", "'__import__(\"time\").sleep(60)'", "'1+1'"]
    crash = f"'__import__(\"signal\").raise_signal({signal.SIGSEGV:d})'"
    done = run(PROGRAM, *options, *calls, crash, "'2+2'", status=1)
    assert done.stdout == "'6*7': 42\n'1+1': 2\n'2+2': 4\n"
    assert done.stderr == (
        f"{calls[1]}: no answer within 0.3 s\n{crash}: the worker was killed by SIGSEGV\n"
    )


def test_a_call_that_never_lets_go_of_the_interpreter() -> None:
    """A thread could neither end it nor even notice the time."""
    done = run(PROGRAM, "--limit", 0.3, "builtins:eval", "'9**9**9'", "'6*7'", status=1)
    assert done.stdout == "'6*7': 42\n"
    assert done.stderr == "'9**9**9': no answer within 0.3 s\n"


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
