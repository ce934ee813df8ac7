"""An array that is shared out by MPI: the results are right, or the job fails as a whole."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from programs import command, interrupt
from stuck import HERE, Gate

from driver import Running, run
from ipc_cookbook.leftovers import with_own_shared_memory

np = pytest.importorskip("numpy")
pytest.importorskip("mpi4py")
PLACES = os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join(PLACES))
if sys.platform == "win32" or not MPIEXEC:
    pytest.skip("there is no mpiexec", allow_module_level=True)

PROGRAM = "mpi_scatter_gather.py"
USAGE = "usage: mpi_scatter_gather.py"


def job(ranks: int, *words: object, own_memory: bool = False) -> list[str]:
    """A rank that is killed leaves files in ``/dev/shm``, which is the job's own then."""
    interpreter, *program = command(PROGRAM, *words)
    start = [str(MPIEXEC), "-n", str(ranks), interpreter, "-m", "mpi4py"]
    return [*(with_own_shared_memory() if own_memory else ()), *start, *program[1:]]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Gate(tmp_path / "a gate")) as made:
        yield made


def at_the_gate(gate: Gate) -> tuple[Running, list[int]]:
    """A job of three ranks, and these, each with its part."""
    environment = {**HERE, "STUCK_AT": str(gate.path)}
    words = job(3, "stuck:keep", own_memory=True)
    running = Running(*words, env=environment, is_tidy=False)
    return running, [int(running.out.until(r"(\d+) reads .*\n")[1]) for _ in range(3)]


@pytest.mark.parametrize(("ranks", "parts"), [(3, "4, 4, 3"), (4, "3, 3, 3, 2")])
def test_parts_that_are_not_equal(ranks: int, parts: str, tmp_path: Path) -> None:
    numbers = np.linspace(0, 1, 11)
    np.save(tmp_path / "numbers.npy", numbers)
    files = [tmp_path / "numbers.npy", tmp_path / "results.npy"]
    done = run(*job(ranks, "numpy:exp", *files))
    assert done.stdout == (
        f"11 numbers, in parts of {parts}\nNumPy alone comes to the same results\n"
    )
    assert np.allclose(np.load(files[1]), np.exp(numbers))


def test_a_function_of_more_than_one_number_is_noticed() -> None:
    done = run(*job(2, "numpy:cumsum"), status=1)
    assert done.stderr == "NumPy alone comes to other results\n"


def test_a_killed_rank_ends_the_job(gate: Gate) -> None:
    running, ranks = at_the_gate(gate)
    with running:
        os.kill(ranks[1], signal.SIGKILL)
        out, _ = running.end(9, 137)
    assert "NumPy alone" not in out


def test_an_exception_ends_the_job() -> None:
    done = run(*job(3, "numpy:diff", own_memory=True), status=1, traceback=True)
    assert "NumPy alone" not in done.stdout


@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c(gate: Gate, whom: str) -> None:
    running, _ = at_the_gate(gate)
    with running:
        interrupt(running, whom)
        running.end(130)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: MODULE:FUNCTION\n"),
        (["numpy:nothing"], "module 'numpy' has no attribute 'nothing'\n"),
        (["numpy:exp", "/nowhere.npy"], "No such file or directory: '/nowhere.npy'\n"),
    ],
)
def test_a_mistake_is_named_once(words: list[str], message: str) -> None:
    done = run(*job(3, *words), status=2)
    assert done.stderr.count(USAGE) == 1
    assert message in done.stderr


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "mpi4py.py").write_text("raise ImportError('there is no MPI')")
    done = run(*command(PROGRAM, "numpy:exp"), status=1, env={"PYTHONPATH": str(tmp_path)})
    assert done.stderr == "there is no MPI: pip install mpi4py mpich numpy\n"
