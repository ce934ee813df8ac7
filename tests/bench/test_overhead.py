"""The overhead benchmark still fits the code that it measures. What it finds is not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

from driver import run
from extras_here import require_bench

require_bench()

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "overhead.py"
QUICK = ["--rounds", "1", "--tokens", "100"]
ONLY = ["command", "records", "records-pinned"]


def test_every_kind_of_figure_is_printed() -> None:
    only = [option for name in (*ONLY, "analysis") for option in ("--only", name)]
    done = run(sys.executable, SCRIPT, *QUICK, *only, status=(0, 1), limit_s=50)
    assert done.stderr == ""
    rows = [
        line.split()[0] for line in done.stdout.splitlines() if " us " in line or " ms " in line
    ]
    assert rows == ONLY
    assert "\nanalysis of 1,000,000 round trips: " in done.stdout
