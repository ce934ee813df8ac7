"""The progress: a bar on a terminal, lines elsewhere, nothing if so wished."""

from __future__ import annotations

import io
import sys
from importlib.machinery import ModuleSpec

import pytest

from ipc_cookbook.render.progress import Bar, Lines, Silence, progress_on, span


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def last_line(self) -> str:
        return self.getvalue().rpartition("\r")[2].rpartition("\x1b[2K")[2].strip()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """One without colours."""
    for name in ("TERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list so that a test can set it."""
    now = [100.0]
    monkeypatch.setattr("ipc_cookbook.render.progress.time.monotonic", lambda: now[0])
    return now


def take(progress: Silence | Bar, clock: list[float], launches: int, seconds: float) -> None:
    for _ in range(launches):
        clock[0] += seconds
        progress.step()


def test_bar_with_the_time_left(terminal: Terminal, clock: list[float]) -> None:
    pytest.importorskip("rich", reason="needs the bench extra")
    bar = progress_on(terminal)
    assert isinstance(bar, Bar)
    bar.begin("preparing", 3)
    bar.begin("measuring", 60)
    take(bar, clock, 20, 2)
    words = terminal.last_line().split()
    assert words[0] == "measuring"
    assert words[-3:] == ["20/60", "0:01:20", "left"]
    assert terminal.getvalue().count("\n") == 0
    bar.end()
    assert terminal.last_line() == ""


def test_lines_where_no_bar_can_be(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(progress_on(io.StringIO()), Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_on(terminal), Lines)

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "rich" else ModuleSpec(name, None)

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("ipc_cookbook.render.progress.find_spec", find_spec)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert isinstance(progress_on(terminal), Lines)


def test_plain_lines_are_not_too_many(clock: list[float]) -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin("measuring", 60)
    take(lines, clock, 60, 1)
    lines.end()
    said = stream.getvalue().splitlines()
    assert said[:3] == [
        "measuring: 0 of 60",
        "measuring: 5 of 60, 55 s left",
        "measuring: 10 of 60, 50 s left",
    ]
    assert len(said) == 13
    assert "\r" not in stream.getvalue()


def test_nothing_to_say(clock: list[float]) -> None:
    silent = progress_on(None)
    silent.begin("measuring", 2)
    take(silent, clock, 2, 1)
    silent.end()


def test_span() -> None:
    assert [span(seconds) for seconds in (0.4, 59.4, 59.6, 130)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "2 min 10 s",
    ]
