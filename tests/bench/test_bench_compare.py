"""Two files with known differences."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import document_of
from extras_here import require_bench
from ipc_cookbook.bench.compare import compare
from ipc_cookbook.bench.document import Document, dump
from ipc_cookbook.cli.main import run
from ipc_cookbook.render.bench_comparison import as_text

require_bench()

STEADY = [100, 101, 99, 100, 102]
TWICE = [200, 202, 198, 200, 204]
UNSTEADY = [100, 200, 100, 200, 50]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """Paths of three files: one steady, one twice as slow, and one unsteady."""
    paths = []
    for name, launches in (("steady", STEADY), ("twice", TWICE), ("unsteady", UNSTEADY)):
        path = tmp_path / f"{name}.json"
        path.write_text(dump(document_of({"first": launches, "second": STEADY})))
        paths.append(str(path))
    return paths[0], paths[1], paths[2]


def against(a: list[int], b: list[int]) -> tuple[Document, Document]:
    return document_of({"first": a}), document_of({"first": b})


def test_ratio_of_a_known_difference() -> None:
    (found,) = compare(*against(STEADY, TWICE))
    assert found.ratio.value == 2
    assert 1.9 < found.ratio.low <= 2 <= found.ratio.high < 2.1
    assert found.verdict == "B is slower"
    (found,) = compare(*against(TWICE, STEADY))
    assert found.ratio.value == 0.5
    assert found.verdict == "B is faster"


def test_no_difference_where_the_interval_spans_one() -> None:
    (same,) = compare(*against(STEADY, STEADY))
    (unsteady,) = compare(*against(STEADY, UNSTEADY))
    assert same.verdict == unsteady.verdict == "no difference that these runs can show"
    assert unsteady.ratio.low < 1 < unsteady.ratio.high


def test_too_few_launches() -> None:
    (found,) = compare(*against(STEADY[:4], TWICE))
    assert found.verdict == "too few launches to tell (5 are needed)"


def test_what_else_differs_and_what_has_no_counterpart_is_told() -> None:
    a = document_of({"first": STEADY, "second": STEADY}, sizes=(0, 1024))
    b = document_of({"first": STEADY})
    b["arguments"]["start_method"] = "spawn"
    a["arguments"]["start_method"] = "fork"
    lines = as_text(a, b, compare(a, b)).splitlines()
    assert lines[0] == "start method differs: fork in A, spawn in B"
    assert lines[-3:] == [
        "only in A: first with 1 KiB, free",
        "only in A: second with 0 B, free",
        "only in A: second with 1 KiB, free",
    ]
    assert max(map(len, lines)) <= 100


def test_command_prints_ratios(
    files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "compare", files[0], files[1]]) == 0
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert first.split()[:9] == ["first", "0", "B", "free", "100", "us", "200", "us", "2.00"]
    assert first.endswith("B is slower")
    assert second.endswith("no difference that these runs can show")


@pytest.mark.parametrize(
    ("pair", "limit", "status"),
    [
        ((0, 1), "1.5", 1),
        ((0, 1), "2.5", 0),
        ((1, 0), "1.5", 0),
        ((0, 0), "1", 0),
        ((2, 1), "1.1", 0),
    ],
)
def test_fail_above(
    files: tuple[str, str, str],
    capsys: pytest.CaptureFixture[str],
    pair: tuple[int, int],
    limit: str,
    status: int,
) -> None:
    a, b = (files[number] for number in pair)
    assert run(["bench", "compare", a, b, "--fail-above", limit]) == status
    complaint = "ipc_cookbook: first with 0 B, free, took 2.00 times as long in B, more than 1.5\n"
    assert capsys.readouterr().err == (complaint if status else "")


def test_fail_above_does_not_pass_for_lack_of_launches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "few.json"
    path.write_text(dump(document_of({"first": [1, 2]})))
    assert run(["bench", "compare", str(path), str(path), "--fail-above", "2"]) == 2
    assert "--fail-above needs five launches or more" in capsys.readouterr().err


def test_nothing_in_common(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        (tmp_path / name).write_text(dump(document_of({name: STEADY})))
    assert run(["bench", "compare", str(tmp_path / "first"), str(tmp_path / "second")]) == 2
    assert "have no mechanism and size in common" in capsys.readouterr().err
