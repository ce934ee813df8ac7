"""The document is what its schema says, and nothing else is taken for one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from documents import document_of
from extras_here import require_bench
from ipc_cookbook.bench.document import dump, load, schema
from ipc_cookbook.render.bench_csv import as_csv

require_bench()


def test_document_keeps_to_the_schema_and_survives_a_file(tmp_path: Path) -> None:
    document = document_of({"first": [30, 31, 29], "os.pipe": [20]}, references=["os.pipe"])
    path = tmp_path / "a.json"
    path.write_text(dump(document))
    assert load(str(path)) == document


def test_schema_names_all_that_must_be_there() -> None:
    document = schema()["$defs"]["Document"]
    assert document["properties"].keys() == set(document["required"])


def test_a_name_from_a_later_version_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    document = document_of({"first": [30]})
    path.write_text(json.dumps(changed(json.loads(dump(document)), 1, "surprise")))
    assert load(str(path)) == document


def without(document: Any, *path: str | int) -> Any:
    target = document
    for step in path[:-1]:
        target = target[step]
    del target[path[-1]]
    return document


def changed(document: Any, value: object, *path: str | int) -> Any:
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return document


LAUNCH = ("cases", 0, "round_trips", 0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: without(document, "machine"),
        lambda document: without(document, *LAUNCH, "percentiles_ns", "p50"),
        lambda document: changed(document, None, *LAUNCH, "percentiles_ns", "p50"),
        lambda document: changed(document, 0, *LAUNCH, "percentiles_ns", "p50"),
        lambda document: changed(document, "fast", *LAUNCH, "round_trips_per_s"),
        lambda document: changed(document, -1, *LAUNCH, "cpu_us_per_round_trip"),
        lambda document: changed(document, [[1, 2, 3]], *LAUNCH, "histogram"),
        lambda document: changed(document, [], *LAUNCH, "histogram"),
        lambda document: changed(document, [], "cases", 0, "round_trips"),
        lambda document: changed(document, {}, "cases"),
        lambda document: changed(document, "fife", "cases", 0, "transport"),
    ],
)
def test_damaged_document_is_refused(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(damage(json.loads(dump(document_of({"first": [30]}))))))
    with pytest.raises(ValueError, match="is damaged"):
        load(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged or not JSON"),
        (b'{"format": "ipc_cookbook bench", "vers', "damaged or not JSON"),
        (b"\xff\xfe\x00", "damaged or not JSON"),
        (b"[" * 100_000, "damaged or not JSON"),
        (b"[]", "was not written by bench"),
        (b'{"format": "something else"}', "was not written by bench"),
        (b'{"format": "ipc_cookbook bench", "version": 99}', "is of version 99"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load(str(path))


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    document = document_of({"first": [30]})
    path.write_text(dump(document).replace('"elapsed_s":0.03', '"elapsed_s":NaN'))
    with pytest.raises(ValueError, match="not JSON"):
        load(str(path))


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        load(str(tmp_path / "none.json"))


def test_machine_description_names_no_place_and_nobody() -> None:
    document = document_of({"first": [30]})
    described = json.dumps([document["machine"], document["python"], document["packages"]])
    for private in {Path.home(), Path.cwd(), Path(json.__file__).parent}:
        assert str(private) not in described


def test_csv_has_a_row_per_launch() -> None:
    document = document_of({"first": [30, 31], "second": [60, 61]}, sizes=(0, 1000))
    rows = list(csv.DictReader(io.StringIO(as_csv(document))))
    assert len(rows) == 8
    first = rows[2]
    assert (first["transport"], first["payload_size"], first["round"]) == ("first", "1000", "1")
    assert (first["p50_ns"], first["stream_messages"]) == ("30000", "1000")
    assert float(first["stream_megabytes_per_s"]) == pytest.approx(1000 * 1000 / 0.03 / 1e6)


def test_csv_keeps_a_stream_whose_round_has_no_round_trips() -> None:
    document = document_of({"first": [30, 31]})
    del document["cases"][0]["round_trips"][0]
    first, _ = csv.DictReader(io.StringIO(as_csv(document)))
    assert (first["round"], first["p50_ns"], first["stream_messages"]) == ("1", "", "1000")
