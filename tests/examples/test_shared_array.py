"""One array for several: the results are right, or there are none, and the memory is gone."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from programs import command, strike
from stuck import HERE

from driver import CODE, Running, run
from ipc_cookbook.leftovers import with_own_shared_memory

np = pytest.importorskip("numpy")
PROGRAM = "shared_array.py"
FITS_MIB = 1

CLOSED = """
import sys
import numpy as np
from multiprocessing.shared_memory import SharedMemory

memory = SharedMemory(create=True, size=80)
memory.unlink()
array = {array}
try:
    memory.close()
except BufferError as error:
    sys.exit(str(error))
print(array[0])
"""


@pytest.mark.parametrize(("size", "workers"), [(7, 3), (1000, 1), (2, 5)])
def test_all_parts_are_done_and_none_is_done_twice(size: int, workers: int) -> None:
    done = run(*command(PROGRAM, "numpy:exp2", "--size", size, "--workers", workers))
    assert done.stdout == f"{np.exp2(np.arange(float(size)))}\n"
    assert done.stderr == ""


def test_a_killed_worker_is_named() -> None:
    with Running(*command(PROGRAM, "stuck:for_ever"), env=HERE) as running:
        victim = running.until_started(2)[1]
        strike(victim, signal.SIGKILL)
        assert running.end(1) == ("", f"worker {victim} died (-9) in its part\n")


def test_a_function_that_fails_leaves_nothing_open() -> None:
    done = run(*command(PROGRAM, "numpy:diff", "--workers", 1), status=1, traceback=True)
    assert "ValueError: could not broadcast" in done.stderr
    assert "BufferError" not in done.stderr
    assert done.stderr.endswith(" died (1) in its part\n")


@pytest.mark.skipif(not with_own_shared_memory(), reason="/dev/shm may not be mounted here")
def test_more_than_there_is_room_for_is_an_error_and_not_the_end() -> None:
    size = FITS_MIB * 2**20 // 8 + 1
    words = command(PROGRAM, "numpy:sqrt", "--size", size)
    done = run(*with_own_shared_memory(FITS_MIB), *words, status=1)
    assert done.stderr == f"{8 * size} bytes of shared memory: No space left on device\n"


def test_without_numpy_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError")
    without = {"PYTHONPATH": str(tmp_path)}
    done = run(*command(PROGRAM, "numpy:sqrt"), status=1, env=without)
    assert done.stderr == "there is no NumPy: pip install numpy\n"
    assert run(*command(PROGRAM, "--help"), env=without).stderr == ""


def test_an_array_by_frombuffer_keeps_the_memory_open() -> None:
    done = run(*CODE, CLOSED.format(array="np.frombuffer(memory.buf)"), status=1, traceback=None)
    assert "cannot close exported pointers exist\n" in done.stderr


def test_an_array_by_ndarray_does_not_and_is_a_trap() -> None:
    """Should it not crash one day, the page has to change."""
    run(*CODE, CLOSED.format(array="np.ndarray(10, buffer=memory.buf)"), status=-signal.SIGSEGV)
