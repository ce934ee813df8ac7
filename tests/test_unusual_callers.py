"""Callers that are no plain program: a test worker, a notebook, a process pool."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest

from commands import words_of
from driver import CODE, run
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import MODULES
from samples import PLAIN, why_not

WORKERS_TEST = """
import pytest
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import guarantees

@pytest.mark.parametrize(("transport", "start_method"), {games!r})
def test_game(transport, start_method):
    assert run_pingpong(transport, start_method=start_method).keeps(guarantees(transport))
"""

NOTEBOOK = """
import sys, types
sys.modules["__main__"] = main = types.ModuleType("__main__")
cell = '''
from ipc_cookbook import run_pingpong
print(run_pingpong({transport!r}, start_method={method!r}).count)
'''
exec(compile(cell, "<cell 1>", "exec"), main.__dict__)
"""


def test_in_workers_of_xdist(tmp_path: Path) -> None:
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("needs pytest-xdist")
    here = [name for name in MODULES if not why_not(name)]
    names = here[:: max(1, len(here) // 5)]
    games = list(zip(names, cycle(multiprocessing.get_all_start_methods()), strict=False))
    (tmp_path / "test_workers.py").write_text(WORKERS_TEST.format(games=games))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    folders = [tmp_path, f"--basetemp={tmp_path / 'base'}"]
    done = run(*command, *folders, env={"PYTEST_ADDOPTS": None})
    assert f"{len(games)} passed" in done.stdout


@pytest.mark.few
def test_in_a_notebook(transport: str, start_method: str) -> None:
    program = NOTEBOOK.format(transport=transport, method=start_method)
    done = run(*CODE, program)
    assert (done.stdout, done.stderr) == (f"{words_of(transport, 50)}\n", "")


def play_in_turn() -> int:
    return run_pingpong(PLAIN).count


def test_in_a_process_pool_that_is_not_daemonic(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(play_in_turn).result() == 50
