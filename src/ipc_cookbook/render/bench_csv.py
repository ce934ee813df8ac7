"""A measurement as a CSV file."""

from __future__ import annotations

import csv
import io

from ipc_cookbook.bench.document import CaseDocument, Document

NOT_IN_CSV = {"round", "percentiles_ns", "histogram"}


def as_csv(document: Document) -> str:
    """All figures, a row per launch; a launch one way stands in the row of its round."""
    rows = [row for case in document["cases"] for row in csv_rows(case)]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def csv_rows(case: CaseDocument) -> list[dict[str, object]]:
    round_trips = {launch["round"]: launch for launch in case["round_trips"]}
    streams = {launch["round"]: launch for launch in case["streams"] or []}
    paced = {launch["round"]: launch for launch in case["paced"] or []}
    rows = []
    for number in sorted(round_trips.keys() | streams.keys() | paced.keys()):
        row: dict[str, object] = {
            "transport": case["transport"],
            "carries": case["carries"],
            "is_reference": case["is_reference"],
            "payload_size": case["payload_size"],
            "place": case["place"],
            "round": number,
        }
        if number in round_trips:
            launch = round_trips[number]
            row |= {name: value for name, value in launch.items() if name not in NOT_IN_CSV}
            row |= {f"{name}_ns": value for name, value in launch["percentiles_ns"].items()}
        if number in paced:
            percentiles = paced[number]["percentiles_ns"]
            row |= {f"paced_{name}_ns": value for name, value in percentiles.items()}
        if number in streams:
            row |= {f"stream_{name}": value for name, value in streams[number].items()}
            del row["stream_round"]
        rows.append(row)
    return rows
