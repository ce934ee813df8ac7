"""The overhead benchmark still fits the code that it measures. What it finds is not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

from driver import run
from extras_here import require_bench
from ipc_cookbook import catalog
from samples import PLAIN

require_bench()

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "overhead.py"
LOOPS = SCRIPT.with_name("plain")
QUICK = ["--rounds", "1", "--tokens", "100"]
ONLY = [PLAIN, "command", "records", "records-pinned"]


def test_every_kind_of_figure_is_printed() -> None:
    only = [option for name in (*ONLY, "analysis") for option in ("--only", name)]
    done = run(sys.executable, SCRIPT, *QUICK, *only, status=(0, 1), limit_s=50)
    assert done.stderr == ""
    rows = [
        line.split()[0] for line in done.stdout.splitlines() if " us " in line or " ms " in line
    ]
    assert rows == ONLY
    assert "\nanalysis of 1,000,000 round trips: " in done.stdout


def test_a_loop_has_the_name_of_a_recipes_module() -> None:
    """Or else it is never found."""
    named = {path.stem for path in LOOPS.glob("*.py")} - {"__init__"}
    loops = {stem for stem in named if not stem.endswith("_program")}
    assert loops
    assert loops <= set(catalog.MODULES.values())
    programs = {f"{name.replace('-', '_')}_program" for name in catalog.names()}
    assert named - loops <= programs


def test_a_loop_takes_nothing_from_the_cookbook() -> None:
    for path in LOOPS.glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "import" in line and "ipc_cookbook" in line]
