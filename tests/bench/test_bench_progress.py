"""The progress: a bar on a terminal, lines elsewhere, nothing if so wished."""

from __future__ import annotations

import io

import pytest

from ipc_cookbook.bench.progress import Progress, span


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def screen(self) -> str:
        """What the last line shows, after all that was written over each other."""
        shown: list[str] = []
        for part in self.getvalue().split("\r"):
            shown[: len(part)] = part
        return "".join(shown).rstrip()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list so that a test can set it."""
    now = [100.0]
    monkeypatch.setattr("ipc_cookbook.bench.progress.time.monotonic", lambda: now[0])
    return now


def take(progress: Progress, clock: list[float], launches: int, seconds: float) -> None:
    for _ in range(launches):
        clock[0] += seconds
        progress.step()


def test_bar_with_the_time_left(clock: list[float]) -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.begin("measuring", 60)
    take(progress, clock, 20, 2)
    bar = "#" * 10 + "." * 20
    assert terminal.screen() == f"measuring [{bar}] 20/60, 1 min 20 s left"
    take(progress, clock, 39, 2)
    assert terminal.screen().endswith("59/60, 2 s left")
    assert "\n" not in terminal.getvalue()
    progress.end()
    assert terminal.screen() == ""


def test_plain_lines_elsewhere_and_not_too_many(clock: list[float]) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin("measuring", 60)
    take(progress, clock, 60, 1)
    progress.end()
    lines = stream.getvalue().splitlines()
    assert lines[:3] == [
        "measuring: 0 of 60",
        "measuring: 5 of 60, 55 s left",
        "measuring: 10 of 60, 50 s left",
    ]
    assert len(lines) == 13
    assert "\r" not in stream.getvalue()


def test_nothing_to_say(clock: list[float]) -> None:
    progress = Progress(None)
    progress.begin("measuring", 2)
    take(progress, clock, 2, 1)
    progress.end()


def test_span() -> None:
    assert [span(seconds) for seconds in (0.4, 59.4, 59.6, 130)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "2 min 10 s",
    ]
