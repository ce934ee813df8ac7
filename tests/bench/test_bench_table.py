"""The table fits, and says what the document says."""

from __future__ import annotations

import re

import pytest

from documents import document_of
from extras_here import require_bench
from ipc_cookbook.bench.figures import Figure
from ipc_cookbook.render.bench_table import as_text
from ipc_cookbook.render.wording import (
    COUNTS,
    DURATIONS,
    duration_text,
    figure_text,
    range_text,
    size_text,
)

require_bench()


def test_row_shows_each_figure_with_its_spread() -> None:
    document = document_of({"first": [30, 33, 29], "second": [60, 60, 60]}, sizes=(1000,))
    lines = as_text(document).splitlines()
    latency, usage, other = (line for line in lines if line.startswith("first  "))
    assert re.split("  +", latency) == ["first", "bytes", "30.0us 29-33"]
    assert re.split("  +", usage) == ["first", "2.0 + 0.2", "12.5us 12-13"]
    assert re.split("  +", other) == [
        "first",
        "59.4us 57-66",
        "58-66us",
        "20.0ms 20-20",
        "33.3k 30-35",
        "33.3 30-35",
    ]


@pytest.mark.parametrize("factor", [0.01, 1, 33.3, 1000, 1e5])
def test_table_fits_100_columns(factor: float) -> None:
    wild = [1.2 * factor, 13.5 * factor, 145.6 * factor, 1567.8 * factor, 166.7 * factor]
    text = as_text(document_of({"one": wild, "another": wild}, sizes=(0, 64 * 1024**2)))
    assert max(map(len, text.splitlines())) <= 100


def test_a_reference_is_marked_and_has_no_part_in_the_ranking() -> None:
    launches = {"first": [30] * 5, "os.pipe": [10] * 5, "second": [60] * 5}
    text = as_text(document_of(launches, references=["os.pipe"]))
    assert "\nos.pipe*  bytes    10.0us" in text
    assert "those that carry bytes: first < second\n" in text
    assert text.endswith(
        "first was 2.00 (2.00 to 2.00) times as fast as second, without a payload, placed freely"
    )


def test_last_line_is_about_the_smallest_payload() -> None:
    text = as_text(document_of({"a": [1] * 5, "b": [2] * 5}, sizes=(1024**2, 1024)))
    assert "a was 2.00 (2.00 to 2.00) times as fast as b, with 1 KiB, " in text


def test_one_mechanism_alone() -> None:
    text = as_text(document_of({"first": [30, 31, 29]}))
    assert "first took 30.0 us (29.0 us to 31.0 us) for a round trip, without a payload, " in text


def test_a_busy_machine_is_told() -> None:
    document = document_of({"first": [30, 31, 29]})
    document["machine"] |= {"load": 0.9, "usable_cores": 2}
    assert "busy" not in as_text(document)
    document["machine"]["load"] = 7.123
    assert "busy: in the minute before, 7.1 processes shared its 2 CPUs.\n" in as_text(document)


def test_mechanisms_without_a_common_round_are_not_compared() -> None:
    document = document_of({"a": [1] * 5, "b": [2] * 5})
    for launch in document["cases"][0]["round_trips"]:
        launch["round"] += 5
    assert "a ? b" in as_text(document)
    assert as_text(document).endswith("0 launches, and 5 are needed")


def test_seed_and_start_method_are_told() -> None:
    document = document_of({"first": [30]})
    document["arguments"] |= {"seed": 4711, "start_method": "spawn"}
    assert "spawn, 1 launch in an order shuffled by seed 4711" in as_text(document)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(35_100, 33_000, 36_200), "35.1us 33-37"),
        (Figure(9_210, 890, 1_020_000), "9.21us 890ns-1.1ms"),
        (Figure(999_600, 2_000, 2_000_000), "1.00ms 2.0us-2.0ms"),
        (Figure(5, 5, 5), "5.00ns 5.0-5.0"),
    ],
)
def test_figure_text(figure: Figure, text: str) -> None:
    assert figure_text(figure, DURATIONS, has_spread=True) == text
    assert figure_text(figure, DURATIONS, has_spread=False) == text.split()[0]


def test_numbers_as_people_read_them() -> None:
    assert [size_text(size) for size in (0, 1, 1000, 1024, 1536, 64 * 1024**2)] == [
        "0 B",
        "1 B",
        "1000 B",
        "1 KiB",
        "1536 B",
        "64 MiB",
    ]
    assert duration_text(1_234_567) == "1.23 ms"
    assert range_text(950, 24_000, COUNTS) == "950-24k"
    assert range_text(9_910, 99_960, COUNTS) == "9-100k"
