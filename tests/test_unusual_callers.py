"""Callers that are no plain program: a test worker, a notebook, a process pool."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ipc_cookbook import run_pingpong

WORKERS_TEST = """
import pytest
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import MODULES

@pytest.mark.parametrize("start_method", {methods!r})
@pytest.mark.parametrize("transport", [name for name in MODULES if "one-" not in name])
def test_game(transport, start_method):
    expected = 100 if transport == "global" else 50
    assert run_pingpong(transport, start_method=start_method).count == expected
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
    methods = multiprocessing.get_all_start_methods()
    (tmp_path / "test_workers.py").write_text(WORKERS_TEST.format(methods=methods))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "-p",
            "no:cacheprovider",
            str(tmp_path),
            f"--basetemp={tmp_path / 'base'}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"},
    )
    assert done.returncode == 0, done.stdout
    assert f"{7 * len(methods)} passed" in done.stdout


@pytest.mark.sampled
def test_in_a_notebook(transport: str, start_method: str) -> None:
    program = NOTEBOOK.format(transport=transport, method=start_method)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("100\n" if transport == "global" else "50\n")


def play_in_turn() -> int:
    return run_pingpong("pipe").count


def test_in_a_process_pool_that_is_not_daemonic(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(play_in_turn).result() == 50
