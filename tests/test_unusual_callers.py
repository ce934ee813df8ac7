"""Callers with a life of their own: a test worker, a notebook, a pool, one that forks."""

from __future__ import annotations

import importlib.util
import multiprocessing
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Self

import pytest

from commands import needs_fork, words_of
from driver import CODE, run
from faulty import WrappedEnd
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import MODULES, load, read_source
from ipc_cookbook.transport import End
from samples import PLAIN, skip_unless_here, why_not

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


@pytest.mark.rest
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


DEFAULT_TIMEOUT = """
import socket, sys
from ipc_cookbook import run_pingpong
from test_unusual_callers import LateTransport
limit_s = float(sys.argv[2])
socket.setdefaulttimeout(limit_s)  # in the players' processes, too
if __name__ == "__main__":
    late = LateTransport(sys.argv[1], 4 * limit_s if limit_s < 1 else 0)
    print(run_pingpong(late, start_method=sys.argv[3], tokens=4).count)
    print(socket.getdefaulttimeout())
"""


class LateEnd(WrappedEnd):
    """An end that takes its time to begin."""

    def __init__(self, inner: End, late_s: float) -> None:
        super().__init__(inner)
        self.late_s = late_s

    def __enter__(self) -> Self:
        super().__enter__()
        time.sleep(self.late_s)
        return self


class LateTransport:
    """A recipe whose Ping comes late, so that Pong waits."""

    def __init__(self, recipe: str, late_s: float) -> None:
        self.recipe, self.late_s = recipe, late_s

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        with load(self.recipe).open_pair(context, max_payload) as (ping, pong):
            yield LateEnd(ping, self.late_s), pong


WITH_SOCKETS = [
    name for name in MODULES if re.search(r"(from|import) socket\b", str(read_source(name)))
]


@pytest.mark.few
@pytest.mark.parametrize("limit", ["30.0", "0.1"])
@pytest.mark.parametrize("transport", WITH_SOCKETS)
def test_where_sockets_have_a_default_timeout(
    transport: str, start_method: str, limit: str, tmp_path: Path
) -> None:
    """Those that travel wait as long as it takes."""
    skip_unless_here(transport)
    here = {"PYTHONPATH": str(Path(__file__).parent)}
    program = tmp_path / "program.py"
    program.write_text(DEFAULT_TIMEOUT)
    done = run(sys.executable, program, transport, limit, start_method, env=here)
    assert (done.stdout, done.stderr) == (f"{words_of(transport, 4)}\n{limit}\n", "")


FORKS_WHILE = """
import os, sys, threading, time
from contextlib import contextmanager
from ipc_cookbook import run_pingpong

class Slow:
    @contextmanager
    def open_pair(self, context, max_payload):
        opening.set()
        may_open.wait()
        with context.Pipe()[0] as first:
            yield first, first

def play(method):
    return run_pingpong(sys.argv[2], start_method=method, timeout=20).count

if __name__ == "__main__":
    opening, may_open = threading.Event(), threading.Event()
    first = threading.Thread(
        target=lambda: run_pingpong(Slow(), tokens=0, start_method=sys.argv[1])
    )
    first.start()
    opening.wait()
    if (child := os.fork()) == 0:
        print([play(method) for method in ("fork", "spawn", "forkserver")], flush=True)
        raise SystemExit
    print(os.waitpid(child, 0)[1])
    may_open.set()
    first.join()
"""


@needs_fork
def test_a_fork_while_another_thread_starts_a_game(start_method: str) -> None:
    quiet = {"PYTHONWARNINGS": "ignore"}  # newer ones warn of a fork where there are threads
    done = run(*CODE, FORKS_WHILE, start_method, PLAIN, env=quiet)
    assert (done.stdout, done.stderr) == ("[50, 50, 50]\n0\n", "")


HOLDS_LOCKS = """
import os, sys, threading
from multiprocessing import forkserver, resource_tracker
from ipc_cookbook import run_pingpong

def hold():
    with forkserver._forkserver._lock, resource_tracker._resource_tracker._lock:
        holding.set()
        may_let_go.wait()

if __name__ == "__main__":
    holding, may_let_go = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    if (child := os.fork()) == 0:
        print(run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=20).count, flush=True)
        raise SystemExit
    print(os.waitpid(child, 0)[1])
    may_let_go.set()
    holder.join()
"""


@needs_fork
def test_a_fork_while_another_thread_starts_a_server(start_method: str) -> None:
    """Of those that :mod:`multiprocessing` keeps, with its locks held meanwhile."""
    quiet = {"PYTHONWARNINGS": "ignore"}
    done = run(*CODE, HOLDS_LOCKS, PLAIN, start_method, env=quiet, limit_s=30)
    assert (done.stdout, done.stderr) == ("50\n0\n", "")


FORKS_AFTER = """
import os, sys
{before}

def play():
    from ipc_cookbook import run_pingpong
    return run_pingpong(sys.argv[1], start_method="forkserver", timeout=20).count

if __name__ == "__main__":
    {use}
    if (child := os.fork()) == 0:
        print(play(), play(), flush=True)
        raise SystemExit
    print(os.waitpid(child, 0)[1])
    print(play())
"""
OUR_SERVER = FORKS_AFTER.format(before="", use="play()")
ANOTHER_S_SERVER = FORKS_AFTER.format(
    before="import multiprocessing",
    use="""process = multiprocessing.get_context("forkserver").Process(target=os.getpid)
    process.start()
    process.join()""",
)


@needs_fork
@pytest.mark.parametrize("program", [OUR_SERVER, ANOTHER_S_SERVER], ids=["ours", "another's"])
def test_a_fork_after_a_fork_server_was_used(program: str) -> None:
    done = run(*CODE, program, PLAIN)
    assert (done.stdout, done.stderr) == ("50 50\n0\n50\n", "")
