"""What the programs share, called directly: argument types and leases."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from programs import EXAMPLES


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    import command_line

    return command_line


def refusal(type_of_argument: Callable[[str], object], text: str) -> str:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        type_of_argument(text)
    return str(refused.value)


def test_numbers(command_line: ModuleType) -> None:
    assert command_line.between(1, 8)("8") == 8
    for text in ["0", "9", "1.5", "x", "", "nan", "1e1000"]:
        refused = refusal(command_line.between(1, 8), text)
        assert refused == f"a whole number from 1 to 8 is wanted, not {text!r}"
    assert command_line.between(0.0, 60.0)("1e1") == 10
    for text in ["-0.1", "60.1", "nan", "inf", "-inf", "x", "1e1000"]:
        refused = refusal(command_line.between(0.0, 60.0), text)
        assert refused == f"a number from 0.0 to 60.0 is wanted, not {text!r}"


def test_addresses(command_line: ModuleType) -> None:
    assert command_line.address("::1:80") == ("::1", 80)
    for text in ["127.0.0.1", "127.0.0.1:", ":80", "h:http", "h:65536", "h:-1"]:
        assert refusal(command_line.address, text) == f"HOST:PORT is wanted, not {text!r}"


def test_functions(command_line: ModuleType) -> None:
    assert command_line.function("os.path:join")("a", "b") == "a/b"
    for text in ["nowhere:f", "math:pi", "math", "", "math:"]:
        assert refusal(command_line.function, text)


def test_a_module_that_fails(
    command_line: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_chores.py").write_text("1 / 0")
    assert refusal(command_line.function, "broken_chores:f") == "division by zero"


def test_literals(command_line: ModuleType) -> None:
    texts = ["1", "-0.5", "'1'", "[1, 2]", "a word", "(" * 500]
    values = [1, -0.5, "1", [1, 2], "a word", "(" * 500]
    assert [command_line.literal(text) for text in texts] == values


def test_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    import leases

    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    lent = leases.Leases(3, seconds=10, tries=2)
    assert [lent.begin(), lent.begin(), lent.begin(), lent.begin()] == [0, 1, 2, None]
    lent.cancel(2)
    assert lent.begin() == 2
    assert lent.answered(1)
    assert not lent.answered(1)
    now = 9.0
    assert lent.overdue() == []
    now = 10.0
    assert lent.overdue() == [0, 2]
    assert not lent.is_hopeless(0)
    assert lent.answered(0)  # late, and the first to answer
    assert [lent.begin(), lent.begin()] == [2, None]
    now = 20.0
    assert lent.overdue() == [2]
    assert lent.is_hopeless(2)
    assert lent.unanswered == {2}
