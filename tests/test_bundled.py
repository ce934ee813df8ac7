"""The package where its files are no files: in a zip application, compiled only, frozen."""

from __future__ import annotations

import compileall
import multiprocessing
import shutil
import sys
import zipapp
from pathlib import Path

import pytest

import ipc_cookbook
from commands import FAILED, FIRST, STATUS_OF_ALL, assert_one_line, cookbook, words_of
from driver import run
from ipc_cookbook import catalog, gallery
from samples import PLAIN

pytestmark = pytest.mark.part

MAIN = """
from ipc_cookbook.__main__ import main
if __name__ == "__main__":
    raise SystemExit(main())
"""
PACKAGE = Path(ipc_cookbook.__file__).parent


def folder_with_all(folder: Path) -> Path:
    """The package beside a main program, as an application has it."""
    own = folder / "ipc_cookbook" / "own"
    shutil.copytree(PACKAGE, own.parent, ignore=shutil.ignore_patterns("__pycache__"))
    own.mkdir(exist_ok=True)
    shutil.copy(catalog.program_path_of(PLAIN), own)
    (folder / "__main__.py").write_text(MAIN)
    return folder


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs a zip application."""
    folder = tmp_path_factory.mktemp("zip")
    target = folder / "app.pyz"
    zipapp.create_archive(folder_with_all(folder / "app"), target)
    return [sys.executable, str(target)]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs what has been left of it when there are no sources."""
    folder = folder_with_all(tmp_path_factory.mktemp("pyc") / "app")
    compileall.compile_dir(folder, quiet=1, legacy=True)
    for path in folder.rglob("*.py"):
        path.unlink()
    return [sys.executable, str(folder)]


FROZEN = """
import os, sys
sys.frozen, sys.executable = True, os.environ["FROZEN"]
depth = int(os.environ.get("FROZEN_DEPTH", "0"))
if depth > 2:  # a program that starts itself again and again would never end
    raise SystemExit("it starts itself without end")
os.environ["FROZEN_DEPTH"] = str(depth + 1)
import multiprocessing, multiprocessing.spawn
multiprocessing.freeze_support = multiprocessing.spawn.freeze_support
"""
"""What a freezer's loader does before the program; the standard library's is for Windows alone."""


def frozen(folder: Path, program: str) -> list[str]:
    """The command of a program that is frozen into one that is no Python."""
    if sys.platform == "win32":
        pytest.skip("a script of the shell")
    (folder / "main.py").write_text(FROZEN + program)
    executable = folder / "program"
    executable.write_text(
        f'#!/bin/sh\nFROZEN="$0" exec {sys.executable} -c '
        f'"exec(open(\'{folder}/main.py\').read())" "$@"\n'
    )
    executable.chmod(0o755)
    return [str(executable)]


@pytest.fixture(params=["zipped", "compiled"])
def bundled(request: pytest.FixtureRequest) -> list[str]:
    command: list[str] = request.getfixturevalue(request.param)
    return command


def test_list_says_the_same(bundled: list[str]) -> None:
    assert run(*bundled, "list").stdout == cookbook("list").stdout
    assert run(*bundled, "--version").stdout == cookbook("--version").stdout


@pytest.mark.rest
@pytest.mark.sampled
def test_all_are_played(bundled: list[str], start_method: str) -> None:
    options = ("--tokens", "4", "--start-method", start_method)
    done = run(*bundled, "all", *options, status=STATUS_OF_ALL)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == catalog.names()
    assert done.stdout.startswith(f"{FIRST}: {words_of(FIRST, 4)} words")
    assert done.stderr == ""


def test_a_recipe_is_shown_out_of_an_archive(zipped: list[str]) -> None:
    for options in [], ["--program"]:
        shown = run(*zipped, "show", PLAIN, *options).stdout
        assert shown == cookbook("show", PLAIN, *options).stdout
    place = run(*zipped, "show", PLAIN, "--path").stdout
    assert place.startswith(f"{zipped[-1]}/")


def test_pitfalls_are_found_out_of_an_archive(zipped: list[str]) -> None:
    assert run(*zipped, "pitfall").stdout == cookbook("pitfall").stdout
    name = gallery.NAMES[0]
    assert run(*zipped, "pitfall", name, "--diff").stdout.startswith("--- broken.py")
    symptom = gallery.describe(name).symptom
    assert run(*zipped, "explain", symptom).stdout.startswith(f"{name}: {symptom}")


def test_what_is_compiled_cannot_be_shown(compiled: list[str]) -> None:
    for options in [], ["--program"]:
        done = run(*compiled, "show", PLAIN, *options, status=FAILED)
        assert_one_line(done.stderr, "only compiled files are installed")


def test_a_frozen_command_plays(tmp_path: Path) -> None:
    command = frozen(tmp_path, MAIN)
    for method in {*multiprocessing.get_all_start_methods()} - {"forkserver"}:
        done = run(*command, PLAIN, "--tokens", "4", "--start-method", method)
        assert done.stdout == "PingPongPingPong\n"


HOST = """
from ipc_cookbook import PingPongError, run_pingpong
if __name__ == "__main__":
    {first}
    try:
        print(run_pingpong({recipe!r}, start_method="spawn", timeout=20).count)
    except PingPongError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1)
"""


def test_a_frozen_program_plays_if_it_lets_processes_begin(tmp_path: Path) -> None:
    host = HOST.format(first="multiprocessing.freeze_support()", recipe=PLAIN)
    assert run(*frozen(tmp_path, host)).stdout == "50\n"


def test_a_frozen_program_that_does_not_is_told_what_to_do(tmp_path: Path) -> None:
    done = run(*frozen(tmp_path, HOST.format(first="", recipe=PLAIN)), status=1)
    assert "exited with status 1 before it could begin" in done.stderr
    assert "must begin with: multiprocessing.freeze_support()" in done.stderr
    assert "here it takes itself for the first one" in done.stderr
