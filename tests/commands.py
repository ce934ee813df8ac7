"""The command line as a person meets it: a process, its two streams, and its exit status."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from subprocess import CompletedProcess
from typing import Any

import pytest

import ipc_cookbook
from driver import COOKBOOK, Environment, run
from ipc_cookbook import catalog
from samples import NO_COUNT, NO_ORDER, why_not

STATUSES = (0, 1, 2, 3, 124, 130, 141)
DONE, FAILED, USAGE, MISSING, TIMED_OUT, INTERRUPTED, OUTPUT_CLOSED = STATUSES

DEFAULT_METHOD = multiprocessing.get_all_start_methods()[0]
FIRST = next(iter(catalog.MODULES))
HERE = [name for name in catalog.MODULES if not why_not(name)]
STATUS_OF_ALL = DONE if len(HERE) == len(catalog.MODULES) else MISSING

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here"
)


def cookbook(
    *arguments: str, status: int = DONE, env: Environment | None = None
) -> CompletedProcess[str]:
    """``python -m ipc_cookbook`` with these arguments."""
    return run(*COOKBOOK, *arguments, status=status, env=env)


def printed_json(done: CompletedProcess[str]) -> dict[str, Any]:
    """What was printed with ``--json``: one object on one line, and the status in it."""
    assert done.stdout.count("\n") == 1
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["ipc_cookbook"] == ipc_cookbook.__version__
    assert report["status"] == done.returncode
    return report


def results_of(done: CompletedProcess[str]) -> list[dict[str, Any]]:
    """What was printed with ``--json``, if nothing went wrong with the whole."""
    report = printed_json(done)
    assert report["error"] is None
    results: list[dict[str, Any]] = report["results"]
    return results


def game_of(done: CompletedProcess[str]) -> dict[str, Any]:
    """The one result of a game that went well."""
    (game,) = results_of(done)
    assert (game["status"], game["error"]) == (done.returncode, None)
    return game


def error_of(done: CompletedProcess[str]) -> dict[str, Any]:
    """What was printed with ``--json`` where there are no results; standard error says it too."""
    report = printed_json(done)
    assert report["results"] == []
    error: dict[str, Any] = report["error"]
    told = [error[each] for each in ("message", "hang") if each in error]
    assert done.stderr == "".join(f"ipc_cookbook: {line}\n" for line in told)
    return error


def assert_verdict(text: str, name: str, said: str, method: str = DEFAULT_METHOD) -> None:
    """One line: the name, what happened, how long it took, the start method."""
    expected = rf"{name}: {said}; \d+\.\d\d s, {method}\n"
    assert re.fullmatch(expected, text), f"{text!r} does not match {expected!r}"


def assert_one_line(text: str, *parts: str) -> None:
    assert text.startswith("ipc_cookbook: ")
    assert text.count("\n") == 1
    assert text.endswith("\n")
    for part in parts:
        assert part in text


def words_of(name: str, tokens: int) -> int:
    """How many words are said in all."""
    return 2 * tokens if name in NO_COUNT else tokens


def told_of(name: str, tokens: int) -> str:
    """What is said of a game that went as promised; a regular expression."""
    words = f"{words_of(name, tokens)} words"
    if name in NO_COUNT:
        return f"{words}, not {tokens}: each process counted its own copy"
    luck = "|out of turn, as luck would have it" if name in NO_ORDER else ""
    return f"{words}, (strictly in turn{luck})"


WITHOUT_PROCESSES = """
import os, runpy, sys
import _posixsubprocess
from multiprocessing.process import BaseProcess
def refuse(*arguments):
    os.write(2, b"a process was started\\n")
    raise SystemExit(99)
{refused} = refuse
{prelude}
sys.argv = ["ipc_cookbook", *sys.argv[1:]]
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""
"""The command line, in a process that ends as soon as it starts another one."""

EVERY_PROCESS = "os.fork = _posixsubprocess.fork_exec"
EVERY_PLAYER = "BaseProcess.start"
