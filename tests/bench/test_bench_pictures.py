"""Pictures are valid, hold the names, and are the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from documents import document_of
from extras_here import require_plot
from ipc_cookbook.bench.document import dump
from ipc_cookbook.cli.main import run
from ipc_cookbook.render.bench_picture import draw
from ipc_cookbook.render.bench_sizes import spread_out
from svg_texts import texts_of

require_plot()

DOCUMENT = document_of(
    {"first": [30, 33, 29], "second": [60, 66, 58], "os.pipe": [20, 21, 19]},
    sizes=(0, 1024),
    references=["os.pipe"],
)


SMALL = document_of({"first": [30]})

pytestmark = pytest.mark.usefixtures("picture")


@pytest.fixture(scope="module")
def picture() -> bytes:
    """The first picture. matplotlib holds the fonts of each kind open from then on."""
    draw(SMALL, "a.pdf")
    return draw(DOCUMENT, "a.svg")


def test_picture_names_every_mechanism_in_every_panel(picture: bytes) -> None:
    texts = texts_of(picture)
    panels = 2 * 2 + 1  # one size with bytes in it makes no line of MB/s
    for label in ("first", "second", "os.pipe*"):
        assert texts.count(label) == panels
    for title in (
        "A round trip with 0 B",
        "A round trip with 1 KiB",
        "Share within a time, 0 B, free",
        "Median round trip, free",
    ):
        assert title in texts
    assert {"30.0 us", "60.0 us", "20.0 us"} <= set(texts)
    assert any("3 launches in an order shuffled by seed 0" in text for text in texts)


def test_stream_panel_is_there_where_two_sizes_have_bytes() -> None:
    document = document_of({"first": [30]}, sizes=(1024, 2048))
    assert "One way, MB/s, free" in texts_of(draw(document, "a.svg"))


def test_picture_is_black_and_white_and_fits_a_phone(picture: bytes) -> None:
    colours = set(re.findall(rb"#[0-9a-f]{6}\b", picture))
    assert colours
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in colours)
    width = re.search(rb'width="([\d.]+)pt"', picture)
    assert width
    assert float(width[1]) / 72 * 96 <= 390


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".PDF", b"%PDF")])
def test_other_kinds(suffix: str, begins: bytes) -> None:
    content = draw(SMALL, f"a{suffix}")
    assert content.startswith(begins)
    assert draw(SMALL, f"a{suffix}") == content


def test_few_round_trips_can_be_drawn() -> None:
    document = document_of({"first": [30]})
    launch = document["cases"][0]["round_trips"][0]
    launch["percentiles_ns"] |= dict.fromkeys(["p1", "p10", "p90", "p99", "p99.9"])
    launch["histogram"] = [[500, 1]]
    assert "first" in texts_of(draw(document, "a.svg"))


def test_command_draws_the_same_picture_again(tmp_path: Path, picture: bytes) -> None:
    source, target = tmp_path / "a.json", tmp_path / "a.svg"
    source.write_text(dump(DOCUMENT))
    assert run(["bench", "plot", str(source), str(target)]) == 0
    assert target.read_bytes() == picture


def test_labels_are_spread_out_no_more_than_need_be() -> None:
    assert spread_out([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spread_out([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spread_out([0.1, 0.52, 0.56], 0.1) == pytest.approx([0.1, 0.49, 0.59])
