"""The tests' driver of programs: it sees what it is there to see."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from driver import CODE, Running, run
from ipc_cookbook.leftovers import Leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals of POSIX")


def run_beside(*command: object, status: int = 0, traceback: bool | None = False) -> None:
    with Running(*command) as program:
        program.end(status, traceback=traceback)


BOTH_WAYS = pytest.mark.parametrize("drive", [run, run_beside])


@BOTH_WAYS
def test_another_status(drive: Callable[..., Any]) -> None:
    program = "import sys; print('out'); sys.exit('err')"
    drive(*CODE, program, status=1)
    with pytest.raises(AssertionError, match="status 1: out\nerr\n"):
        drive(*CODE, program)


@BOTH_WAYS
def test_a_traceback(drive: Callable[..., Any]) -> None:
    drive(*CODE, "1 / 0", status=1, traceback=True)
    drive(*CODE, "1 / 0", status=1, traceback=None)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        drive(*CODE, "1 / 0", status=1)
    with pytest.raises(AssertionError):
        drive(*CODE, "", traceback=True)


@BOTH_WAYS
def test_variables_are_those_of_the_tests_without_what_changes_output(
    drive: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("OF_THE_TESTS", "1")
    drive(
        *CODE, "import os; assert {'NO_COLOR', 'OF_THE_TESTS'} & {*os.environ} == {'OF_THE_TESTS'}"
    )


ANSWERS = """
import sys
for line in sys.stdin:
    print("heard", line, end="", flush=True)
    print("and", line, end="", file=sys.stderr, flush=True)
"""


def test_a_conversation() -> None:
    with Running(*CODE, ANSWERS) as program:
        program.say("a\nb\nsomething\nelse \udcff\n")
        assert program.line() == "heard a"
        assert program.out.read(9) == "heard b\nh"
        assert program.complaint() == "and a"
        assert program.err.until(r"(\w*)thing\n")[1] == "some"
        assert program.end(0) == ("eard something\nheard else \udcff\n", "and else \\udcff\n")


def test_what_is_never_written() -> None:
    with (
        pytest.raises(AssertionError, match="never wrote 'good', but: bad"),
        Running(*CODE, "print('bad')") as program,
    ):
        program.out.until("good")


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_terminal(name: str) -> None:
    program = "import os; [os.write(2, b'%d' % os.isatty(stream)) for stream in (1, 2)]"
    with Running(*CODE, program, terminals=[name]) as running:
        assert running.end(0) == ("", "10" if name == "stdout" else "01")


def test_a_file_that_is_left() -> None:
    leave = "import tempfile; tempfile.mkstemp()"
    with Running(*CODE, leave, is_tidy=False) as program:
        program.end(0)
    with pytest.raises(OSError, match="not empty"), Running(*CODE, leave) as program:
        program.end(0)
    program.remove_folder(anything=True)


LEAVES_A_WORKER = """
import subprocess, sys
apart = subprocess.DEVNULL
worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=apart)
print(worker.pid, flush=True)
input()
"""


def test_a_worker_that_is_left() -> None:
    """Here it leaves by itself, once its input has gone; but not if it is stopped."""
    before = Leftovers.now()
    with Running(*CODE, LEAVES_A_WORKER) as program:
        worker = int(program.line())
        assert program.until_started(1) == program.children() == [worker]
        os.kill(worker, signal.SIGSTOP)
        program.kill()
    with pytest.raises(AssertionError, match=f"process {worker}: "):
        before.assert_nothing_new(patience_s=0.1)
    os.kill(worker, signal.SIGKILL)


def test_a_test_that_fails_leaves_no_worker() -> None:
    def fail() -> None:
        with Running(*CODE, LEAVES_A_WORKER) as program:
            os.kill(int(program.line()), signal.SIGSTOP)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
