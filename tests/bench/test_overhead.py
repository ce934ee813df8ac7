"""The overhead benchmark still fits the code that it measures. What it finds is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from extras_here import require_bench

require_bench()

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "overhead.py"
QUICK = ["--rounds", "1", "--tokens", "100"]
ONLY = ["--only", "pipe", "--only", "command", "--only", "records", "--only", "records-pinned"]


def test_every_kind_of_figure_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *QUICK, *ONLY, "--only", "analysis"],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.stderr == ""
    assert done.returncode in (0, 1)
    rows = [
        line.split()[0] for line in done.stdout.splitlines() if " us " in line or " ms " in line
    ]
    assert rows == ["pipe", "command", "records", "records-pinned"]
    assert "\nanalysis of 1,000,000 exchanges: " in done.stdout
