"""Programs that are no file, or have no guard, or may not start any process."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import pytest

from commands import FAILED, assert_one_line, needs_fork
from driver import CODE, run
from samples import PLAIN

PROGRAM_TEXT = f"""
import sys
from ipc_cookbook import run_pingpong
print(run_pingpong({PLAIN!r}, start_method=sys.argv[1]).transcript)
"""
WORDS = "PingPong" * 25 + "\n"
FROM_INPUT = (sys.executable, "-")

methods_that_import_main = pytest.mark.parametrize(
    "method", [name for name in multiprocessing.get_all_start_methods() if name != "fork"]
)


def test_a_program_given_with_c(start_method: str) -> None:
    done = run(*CODE, PROGRAM_TEXT, start_method)
    assert (done.stdout, done.stderr) == (WORDS, "")


@needs_fork
def test_a_program_from_standard_input_forks() -> None:
    done = run(*FROM_INPUT, "fork", stdin=PROGRAM_TEXT)
    assert (done.stdout, done.stderr) == (WORDS, "")


@methods_that_import_main
def test_a_program_from_standard_input_is_told_why_not(method: str) -> None:
    done = run(*FROM_INPUT, method, stdin=PROGRAM_TEXT, status=1, traceback=True)
    assert done.stdout == ""
    assert done.stderr.count("Traceback") == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("ipc_cookbook.errors.PingPongError: ")
    for part in (f"{method} imports the main module again", "<stdin>", "save the program"):
        assert part in error


COMMAND_TEXT = """
import sys
from ipc_cookbook.cli.main import run
sys.exit(run())
"""


@methods_that_import_main
def test_the_command_line_from_standard_input_is_told_why_not(method: str) -> None:
    command = (*FROM_INPUT, PLAIN, "--start-method", method)
    done = run(*command, stdin=COMMAND_TEXT, status=FAILED)
    assert done.stdout == ""
    assert_one_line(done.stderr, f"{method} imports the main module again", "save the program")


@methods_that_import_main
def test_a_program_without_the_guard_ends_and_is_told_of_it(method: str, tmp_path: Path) -> None:
    program = tmp_path / "unguarded.py"
    program.write_text(f"print('imported', flush=True)\n{PROGRAM_TEXT}")
    done = run(sys.executable, program, method, status=1, traceback=True)
    # Once as a program, and again as new processes begin; it does not multiply.
    assert 2 <= done.stdout.count("imported\n") < 10
    assert f"{method} imports the main module again" in done.stderr
    assert 'put the call under: if __name__ == "__main__":' in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ipc_cookbook.errors.P")


@methods_that_import_main
def test_a_program_with_the_guard_works(method: str, tmp_path: Path) -> None:
    first, then = PROGRAM_TEXT.split("print")
    program = tmp_path / "guarded.py"
    program.write_text(f'{first}\nif __name__ == "__main__":\n    print{then}')
    done = run(sys.executable, program, method)
    assert (done.stdout, done.stderr) == (WORDS, "")


DAEMONIC = """
import multiprocessing, sys
from ipc_cookbook.cli.main import run
fork = multiprocessing.get_context("fork")
daemon = fork.Process(target=lambda: sys.exit(run()), daemon=True)
daemon.start()
daemon.join()
sys.exit(daemon.exitcode)
"""


@needs_fork
def test_a_daemonic_process_cannot_play() -> None:
    done = run(*CODE, DAEMONIC, PLAIN, "--start-method", "fork", status=FAILED)
    assert done.stdout == ""
    assert_one_line(done.stderr, "is a daemonic process", "may not start any other")


def test_garbage_is_collected_again_once_all_is_loaded() -> None:
    program = (
        "import gc, sys\n"
        "from ipc_cookbook.__main__ import main\n"
        f"sys.argv[1:] = [{PLAIN!r}, '--tokens', '1']\n"
        "print(main(), gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    assert run(*CODE, program).stdout == "Ping\n0 True True\n"
