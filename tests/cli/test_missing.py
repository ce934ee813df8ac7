"""A package is missing: it is named, with what to install, and the others play on."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CompletedProcess

from commands import (
    DONE,
    EVERY_PROCESS,
    MISSING,
    WITHOUT_PROCESSES,
    assert_one_line,
    error_of,
    needs_posix,
    results_of,
)
from driver import CODE, run
from ipc_cookbook import catalog
from missing import what_to_install, without_packages_of
from samples import NEEDS_PACKAGE, all_that, why_not

HIDDEN = without_packages_of(NEEDS_PACKAGE)
WITHOUT_PACKAGE = f"""
import runpy, sys
{HIDDEN}
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""
WHAT_TO_INSTALL = what_to_install(NEEDS_PACKAGE)
MISSED_BY = all_that(
    lambda recipe: bool(
        why_not(recipe.name) or {*recipe.needs} & {*catalog.describe(NEEDS_PACKAGE).needs}
    )
)
"""The recipes that cannot run then: it, those that need the same, and those that never could."""


def without_package(*arguments: str, status: int = DONE) -> CompletedProcess[str]:
    """Where the package is missing that :data:`NEEDS_PACKAGE` needs."""
    return run(*CODE, WITHOUT_PACKAGE, *arguments, status=status)


def test_a_missing_package_is_named() -> None:
    done = without_package(NEEDS_PACKAGE, status=MISSING)
    assert (done.stdout, done.stderr) == ("", f"ipc_cookbook: {WHAT_TO_INSTALL}\n")


def test_a_missing_package_as_json() -> None:
    error = error_of(without_package(NEEDS_PACKAGE, "--json", status=MISSING))
    assert error == {"type": "TransportUnavailable", "message": WHAT_TO_INSTALL}


@needs_posix
def test_a_missing_package_is_noticed_before_any_process_starts(start_method: str) -> None:
    program = WITHOUT_PROCESSES.format(refused=EVERY_PROCESS, prelude=HIDDEN)
    done = run(*CODE, program, NEEDS_PACKAGE, "--start-method", start_method, status=MISSING)
    assert_one_line(done.stderr, WHAT_TO_INSTALL)


def test_a_recipe_that_cannot_run_here_is_shown_all_the_same() -> None:
    done = without_package("show", NEEDS_PACKAGE)
    assert done.stderr == ""
    assert done.stdout == Path(catalog.path_of(NEEDS_PACKAGE)).read_text(encoding="utf-8")


def test_list_says_what_to_install() -> None:
    done = without_package("list")
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert WHAT_TO_INSTALL in lines
    assert max(map(len, lines)) <= 112
    here = dict(re.findall(r"^(\S+) .* (yes|no)$", done.stdout, re.MULTILINE))
    assert here == {name: "no" if name in MISSED_BY else "yes" for name in catalog.MODULES}


def test_list_says_what_to_install_as_json() -> None:
    recipes = results_of(without_package("list", "--json"))
    problems = {recipe["name"]: recipe["problem"] for recipe in recipes}
    assert [name for name, problem in problems.items() if problem] == MISSED_BY
    assert problems[NEEDS_PACKAGE] == WHAT_TO_INSTALL
    assert [recipe["name"] for recipe in recipes if not recipe["can_run"]] == MISSED_BY


def test_all_goes_on_with_the_others() -> None:
    done = without_package("all", "--tokens", "2", status=MISSING)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(catalog.MODULES)
    assert [line for line in lines if line.endswith(f": {WHAT_TO_INSTALL}")] == [
        f"{NEEDS_PACKAGE}: {WHAT_TO_INSTALL}"
    ]


def test_all_goes_on_with_the_others_as_json() -> None:
    games = results_of(without_package("all", "--tokens", "2", "--json", status=MISSING))
    statuses = {game["transport"]: game["status"] for game in games}
    assert statuses == {name: MISSING if name in MISSED_BY else DONE for name in catalog.MODULES}
    messages = {game["transport"]: game["error"] for game in games}
    assert messages[NEEDS_PACKAGE]["message"] == WHAT_TO_INSTALL
