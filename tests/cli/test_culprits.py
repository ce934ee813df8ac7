"""What stands in the way is named, in one line; and what is a fault of ours is shown whole."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from commands import (
    DONE,
    FAILED,
    HERE,
    MISSING,
    STATUS_OF_ALL,
    USAGE,
    assert_one_line,
    cookbook,
    error_of,
    needs_posix,
    printed_json,
)
from driver import CODE, COOKBOOK, run
from ipc_cookbook import catalog
from samples import IN_TURN, NEEDS_PACKAGE, PLAIN, RECIPES, module_of, skip_unless_here, why_not

pytestmark = pytest.mark.part

# What the system or this Python lacks

LACKING = """
import importlib.abc, runpy, sys

class Lack(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == lacking:
            {how}

lacking = sys.argv.pop(1)
sys.meta_path.insert(0, Lack())
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""
NOT_BUILT = LACKING.format(
    how='raise ModuleNotFoundError(f"No module named {name!r}", name=name)',
)


@pytest.mark.parametrize("module", ["_ctypes", "_ssl"])
def test_what_needs_a_module_that_python_lacks_says_so(module: str) -> None:
    lacking = (*CODE, NOT_BUILT, module)
    assert run(*lacking, "--version").stdout == cookbook("--version").stdout
    listed = run(*lacking, "list").stdout
    said = re.findall(r"^(.+) cannot be imported here: ", listed, re.MULTILINE)
    assert f" cannot be imported here: No module named '{module}'\n" in listed
    assert set(said) < set(HERE)
    assert {name for name in said if catalog.describe(name).reach == "hosts"} or module != "_ssl"
    done = run(*lacking, "all", "--tokens", "4", status=MISSING)
    for line in done.stdout.splitlines():
        name = line.partition(":")[0]
        if name in HERE:
            assert ("cannot be imported" in line) == (name in said)
            assert ("4 words" in line or "8 words" in line) == (name not in said)
    assert said
    assert done.stderr == ""


@pytest.mark.parametrize("module", ["_socket"])
def test_what_nothing_goes_without_is_named(module: str) -> None:
    done = run(*CODE, NOT_BUILT, module, PLAIN, status=MISSING)
    assert_one_line(done.stderr, f"this Python was built without {module}")


NO_SEMAPHORES = LACKING.format(
    how='raise ImportError("This platform lacks a functioning sem_open implementation")'
)


@pytest.mark.sampled
def test_where_there_are_no_semaphores(start_method: str) -> None:
    options = ("--tokens", "4", "--start-method", start_method)
    lacking = (*CODE, NO_SEMAPHORES, "multiprocessing.synchronize")
    done = run(*lacking, "all", *options, status=MISSING)
    refused = [line for line in done.stdout.splitlines() if "functioning sem_open" in line]
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == catalog.names()
    assert 0 < len(refused) < len(HERE)
    assert done.stderr == ""


FORBIDDEN = """
import hmac, os, runpy, sys
new = hmac.new

def refuse(key, message=None, digestmod=""):
    raise ValueError("[digital envelope routines] unsupported")

hmac.new = refuse
if __name__ == "__main__":
    runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""


@pytest.mark.rest
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_where_a_digest_is_forbidden() -> None:
    """As by FIPS: some recipe cannot open, and the others play."""
    for options in [], ["--json"]:
        done = run(*CODE, FORBIDDEN, "all", "--tokens", "4", *options, status=FAILED)
        assert done.stderr == ""
    games = {game["transport"]: game for game in printed_json(done)["results"]}
    assert list(games) == catalog.names()
    refused = [name for name, game in games.items() if game["status"] == FAILED]
    assert 0 < len(refused) < len(HERE)
    for name in refused:
        assert "[digital envelope routines] unsupported" in games[name]["error"]["message"]
        done = run(*CODE, FORBIDDEN, name, status=FAILED)
        assert_one_line(done.stderr.lstrip("\n"), "[digital envelope routines] unsupported")


# A recipe that fails in a way of its own

BREAKING = """
import runpy, sys
from contextlib import contextmanager
from importlib import import_module
recipe = import_module(sys.argv[1])

open_pair = recipe.open_pair

@contextmanager
def opening(context, max_payload):
    {how}
    with open_pair(context, max_payload) as ends:
        yield ends

recipe.open_pair = opening
sys.argv[1:2] = []
sys.modules.pop("ipc_cookbook.cli", None)
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""


def broken(
    how: str, *arguments: str, status: int, traceback: bool = False
) -> CompletedProcess[str]:
    program = BREAKING.format(how=how)
    return run(*CODE, program, module_of(PLAIN), *arguments, status=status, traceback=traceback)


def all_but_one(done: CompletedProcess[str], said: str) -> None:
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == catalog.names()
    assert [line for line in lines if line.startswith(f"{PLAIN}:")] == [f"{PLAIN}: {said}"]
    assert sum("4 words" in line or "8 words" in line for line in lines) == len(HERE) - 1


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("raise ValueError('bad')", FAILED, "the transport cannot be opened: bad"),
        ("raise ImportError('none')", MISSING, "the transport cannot be opened here: none"),
        ("raise OSError(28, 'Full')", FAILED, "the game could not start: Full"),
        ("raise MemoryError", FAILED, "the game could not start: out of memory (see ulimit -v)"),
        (
            'raise RuntimeError("can\'t start new thread")',
            FAILED,
            (
                "the game could not start: can't start new thread "
                "(no more threads allowed, see ulimit -u and ulimit -v)"
            ),
        ),
    ],
)
def test_one_that_cannot_open(how: str, status: int, said: str) -> None:
    all_but_one(broken(how, "all", "--tokens", "4", status=status), said)
    done = broken(how, PLAIN, "--json", status=status)
    assert error_of(done)["message"] == said


def test_an_error_of_ours_is_shown_whole_and_the_others_play() -> None:
    done = broken("1 / 0", "all", "--tokens", "4", status=FAILED, traceback=True)
    all_but_one(done, "ZeroDivisionError: division by zero")
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "how", ["1 / 0", "raise TypeError('no')", "raise KeyError('no')", "{}['no']"]
)
def test_an_error_of_ours_is_shown_whole(how: str) -> None:
    done = broken(how, PLAIN, status=1, traceback=True)
    assert done.stderr.splitlines()[-1].startswith(("ZeroDivision", "TypeError", "KeyError"))


OURS = """
import sys
from ipc_cookbook.cli import main, {module}

def fail(*_):
    raise {error}

{module}.run = fail
sys.exit(main.run())
"""


@pytest.mark.parametrize("error", ["ValueError('ours')", "OSError(5, 'ours')", "TypeError('ours')"])
def test_no_command_takes_an_error_of_ours_for_the_user_s(error: str) -> None:
    program = OURS.format(module="list", error=error)
    done = run(*CODE, program, "list", status=1, traceback=True)
    assert "ours" in done.stderr.splitlines()[-1]
    assert "standard output" not in done.stderr


def test_a_file_is_named() -> None:
    program = OURS.format(module="list", error="OSError(13, 'Permission denied', 'some/file')")
    done = run(*CODE, program, "list", "--json", status=FAILED)
    assert error_of(done)["message"] == "some/file: Permission denied"


# A payload that is not carried


def test_all_skips_what_carries_no_payload() -> None:
    nothing = [recipe.name for recipe in RECIPES if recipe.carries == "nothing"]
    options = ("--payload-size", "100", "--tokens", "4")
    lines = cookbook("all", *options, status=STATUS_OF_ALL).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == catalog.names()
    skipped = [line for line in lines if ": skipped: " in line]
    assert skipped == [
        f"{name}: skipped: it carries nothing, and so no payload" for name in nothing
    ]
    done = cookbook("all", *options, "--json", status=STATUS_OF_ALL)
    games = [game for game in printed_json(done)["results"] if game["transport"] in nothing]
    assert all(game["status"] == DONE and game["skipped"] for game in games)


def test_all_skips_what_refuses_the_payload() -> None:
    how = "if max_payload: raise ValueError(f'at most 5 bytes, not {max_payload}')"
    options = ("--tokens", "4", "--payload-size", "9")
    done = broken(how, "all", *options, status=STATUS_OF_ALL)
    assert f"{PLAIN}: skipped: at most 5 bytes, not 9\n" in done.stdout


def test_what_fails_without_a_payload_too_is_not_skipped() -> None:
    """Then it is not about the payload."""
    options = ("--tokens", "4", "--payload-size", "9")
    done = broken("raise ValueError('bad')", "all", *options, status=FAILED)
    assert f"{PLAIN}: the transport cannot be opened: bad\n" in done.stdout


def test_what_is_wrong_for_all_recipes_is_said_once() -> None:
    done = cookbook("all", "--tokens", "-1", status=USAGE)
    assert done.stdout == ""
    assert_one_line(done.stderr, "tokens must be 0 or more")


# Packages that are broken

BROKEN_PACKAGES = {
    "raise RuntimeError('built for another CPU')": "RuntimeError: built for another CPU",
    "import os; os.abort()": "Python itself dies of it",
    "from . import nowhere": "ImportError: cannot import name 'nowhere'",
}


@pytest.mark.parametrize("how", BROKEN_PACKAGES)
@pytest.mark.parametrize(("package", "options"), [("numpy", []), ("matplotlib", ["--plot"])])
def test_a_broken_package_is_found_before_the_measuring(
    tmp_path: Path, how: str, package: str, options: list[str]
) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(how)
    files = [f"{option}={tmp_path / 'a.svg'}" for option in options]
    done = run(*COOKBOOK, "bench", PLAIN, *files, status=MISSING, env={"PYTHONPATH": str(tmp_path)})
    assert done.stdout == ""
    line = done.stderr.splitlines(keepends=True)[-1]
    assert_one_line(line, " cannot import what it needs: ", BROKEN_PACKAGES[how])
    assert "measuring" not in done.stderr


def test_a_broken_package_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    skip_unless_here(NEEDS_PACKAGE)
    from missing import modules_of

    package = modules_of(NEEDS_PACKAGE)[0]
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(f"import {package}.part_that_is_gone")
    done = run(*COOKBOOK, NEEDS_PACKAGE, status=MISSING, env={"PYTHONPATH": str(tmp_path)})
    assert_one_line(done.stderr, f"{NEEDS_PACKAGE} cannot be imported here: No module named ")
    assert "pip install" not in done.stderr


# Memory

ANY = tuple(range(-64, 256))


@needs_posix
@pytest.mark.skipif(sys.platform != "linux", reason="figures of Linux")
@pytest.mark.parametrize(
    "kib",
    [
        pytest.param(kib, marks=pytest.mark.sweep if kib % 8_000 == 2_000 else ())
        for kib in range(22_000, 46_000, 4_000)
    ],
)
def test_little_memory_is_not_taken_for_a_missing_package(kib: int) -> None:
    """Whether it is enough, where it ends, and who crashes of it is another machine's matter."""
    limited = ("sh", "-c", f'ulimit -v {kib}; exec "$@"', "sh", *COOKBOOK)
    for name in IN_TURN:
        if not why_not(name):
            options = (name, "--tokens", "4", "--delay", "0", "--timeout", "10")
            done = run(*limited, *options, status=ANY, traceback=None)
            assert "pip install" not in done.stderr


# Standard error


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    ("command", "status"),
    [(f"{PLAIN} --tokens 4", DONE), ("nothing-like-it", USAGE), (f"{PLAIN} --tokens x", USAGE)],
)
def test_what_standard_error_does_not_take_is_not_missed(command: str, status: int) -> None:
    script = 'exec "$@" 2> /dev/full'
    done = run("sh", "-c", script, "sh", *COOKBOOK, *command.split(), status=status)
    assert done.stdout == ("PingPongPingPong\n" if status == DONE else "")


def test_what_cannot_be_encoded_is_written_out() -> None:
    say = "from ipc_cookbook.printing import say; say('caf\\xe9')"
    assert run(*CODE, say, env={"PYTHONIOENCODING": "ascii"}).stdout == "caf\\xe9\n"
