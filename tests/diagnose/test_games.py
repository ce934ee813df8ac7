"""A game that hangs says why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from deaf import Deaf

from commands import TIMED_OUT, cookbook, error_of
from driver import run
from ipc_cookbook import PingPongTimeout, run_pingpong
from ipc_cookbook.cli.statuses import explain

pytestmark = pytest.mark.part

pytest.importorskip("psutil", reason="processes are looked at with it")
if sys.platform != "linux":
    pytest.skip("diagnose takes Linux", allow_module_level=True)

DEAF = Path(__file__).parent / "deaf.py"


def test_the_error_has_a_note_on_who_waits_for_whom(start_method: str) -> None:
    (line,) = run(sys.executable, DEAF, start_method).stdout.splitlines()
    assert line.startswith("HUNG: both receive: ")


def test_the_command_line_says_it_too() -> None:
    """Beside the error's own line; in JSON it has a name."""
    error = PingPongTimeout("not over after 1 s")
    error.add_note("HUNG: both receive")
    assert explain(error) == (
        TIMED_OUT,
        {"type": "PingPongTimeout", "message": "not over after 1 s", "hang": "HUNG: both receive"},
    )


def test_one_that_is_only_slow_has_none() -> None:
    arguments = ("pipe", "--timeout", "2", "--delay", "100", "--json")  # no recipe
    assert "hang" not in error_of(cookbook(*arguments, status=TIMED_OUT))


def test_without_the_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(PingPongTimeout) as caught:
        run_pingpong(Deaf(), timeout=2)
    assert not hasattr(caught.value, "__notes__")
