"""The recipes beside their plain loops. What is found is not judged here, but how it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from driver import run
from extras_here import require_bench
from ipc_cookbook import catalog
from samples import NO_COUNT, NO_ORDER, ONE_MESSAGE, PLAIN, why_not

require_bench()

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "peers.py"
LOOPS = SCRIPT.with_name("plain")
NAMED = {path.stem for path in LOOPS.glob("*.py")} - {"__init__"}
WITH_LOOP = {stem for stem in NAMED if not stem.endswith("_program")}


def rows_of(*options: object, status: int = 0) -> list[list[str]]:
    """The lines with figures in them, word by word."""
    done = run(sys.executable, SCRIPT, "--tokens", "20", *options, status=status, limit_s=100)
    assert done.stderr == ""
    return [line.split() for line in done.stdout.splitlines() if " us " in line]


def only(*names: str) -> list[str]:
    return [option for name in names for option in ("--only", name)]


def test_every_recipe_that_can_be_compared_is() -> None:
    rows = rows_of("--sizes", "100", "--rounds", "1")
    assert [row[0] for row in rows] == [
        name
        for name, module in catalog.MODULES.items()
        if module in WITH_LOOP and name not in NO_COUNT and not why_not(name)
    ]


@pytest.mark.sampled
def test_a_line_for_each_size_and_one_launch_tells_nothing(start_method: str) -> None:
    names = [PLAIN, ONE_MESSAGE, NO_ORDER[0]]
    rows = rows_of(*only(*names), "--rounds", "1", "--start-method", start_method)
    assert [row[:2] for row in rows] == [
        [name, size] for name in names for size in ("0", "100", "65536")
    ]
    assert [row[1] for row in rows if row[-2:] == ["cannot", "tell"]] == ["100"] * len(names)


@pytest.mark.parametrize(("goal", "verdict", "status"), [("100", "pass", 0), ("0.01", "FAIL", 1)])
def test_the_status_says_whether_the_goal_is_missed(goal: str, verdict: str, status: int) -> None:
    options = "--sizes", "100", "--rounds", "5", "--goal", goal, "--place", "two"
    (row,) = rows_of(*only(PLAIN), *options, status=status)
    assert row[-1] == verdict


def test_a_loop_has_the_name_of_a_recipes_module() -> None:
    """Or else it is never found."""
    assert set(catalog.MODULES.values()) >= WITH_LOOP
    programs = {f"{name.replace('-', '_')}_program" for name in catalog.names()}
    assert programs >= NAMED - WITH_LOOP


def test_a_loop_takes_nothing_from_the_cookbook() -> None:
    for path in LOOPS.glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "import" in line and "ipc_cookbook" in line]
