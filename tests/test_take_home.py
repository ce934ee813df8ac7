"""The recipe's file and the program on its page, alone in an empty folder: both work there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from driver import run
from ipc_cookbook import catalog
from ipc_cookbook.catalog import describe

SETTING = """
import atexit
import multiprocessing
import sys

sys.modules["ipc_cookbook"] = None  # so that nothing can import it
multiprocessing.set_start_method({method!r})
atexit.register(lambda: print("by", multiprocessing.get_start_method(), file=sys.stderr))
"""
TRANSCRIPTS = Path(__file__).parent.parent / "docs" / "_transcripts"


@pytest.fixture
def home(tmp_path: Path, transport: str, start_method: str) -> Path:
    """A folder that holds the two files alone; beside it, what sets the start method."""
    stem = transport.replace("-", "_")
    (tmp_path / "home").mkdir()
    shutil.copy(catalog.path_of(transport), tmp_path / "home" / f"{stem}_recipe.py")
    shutil.copy(catalog.program_path_of(transport), tmp_path / "home" / f"{stem}_program.py")
    (tmp_path / "setting").mkdir()
    setting = tmp_path / "setting" / "sitecustomize.py"
    setting.write_text(SETTING.format(method=start_method))
    return tmp_path / "home"


def test_its_program_runs_alone(transport: str, start_method: str, home: Path) -> None:
    """It gets its data back, where any crosses; it sees that its peer has died; and it ends."""
    before = set(home.iterdir())
    done = run(
        *(sys.executable, f"{transport.replace('-', '_')}_program.py"),
        cwd=home,
        env={"PYTHONPATH": str(home.parent / "setting"), "PYTHONDONTWRITEBYTECODE": "1"},
        limit_s=40,
        traceback=None,
    )
    assert f"by {start_method}\n" in done.stderr
    recorded = (TRANSCRIPTS / f"own-{transport}.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in done.stdout.splitlines() if line not in recorded] == []
    first, last = done.stdout.splitlines()
    assert ("{'sum': 9}" in first) == ("count" in describe(transport).guarantees)
    assert last in ("the child died with status 1", "the child died with status 3")
    assert set(home.iterdir()) == before
