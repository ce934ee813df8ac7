"""What differs between two measurements, as text."""

from __future__ import annotations

from ipc_cookbook.bench.compare import Comparison, by_key
from ipc_cookbook.bench.document import Document
from ipc_cookbook.render.wording import aligned, duration_text, ratio_text, size_text


def as_text(a: Document, b: Document, comparisons: list[Comparison]) -> str:
    head = ["", "PAYLOAD", "PLACE", "A p50", "B p50", "B/A (95 %)", ""]
    rows = [
        [
            found.transport,
            size_text(found.payload_size),
            found.place,
            duration_text(found.a_ns),
            duration_text(found.b_ns),
            ratio_text(found.ratio),
            found.verdict,
        ]
        for found in comparisons
    ]
    return "\n".join([*differences(a, b), *aligned([head, *rows]), *only_in_one(a, b)])


def differences(a: Document, b: Document) -> list[str]:
    """What else differs between the two, for it may be the reason."""
    conditions_a, conditions_b = conditions(a), conditions(b)
    lines = [
        f"{name} differs: {conditions_a.get(name)} in A, {conditions_b.get(name)} in B"
        for name in dict.fromkeys([*conditions_a, *conditions_b])
        if conditions_a.get(name) != conditions_b.get(name)
    ]
    return [*lines, ""] if lines else []


def conditions(document: Document) -> dict[str, object]:
    machine, python, arguments = document["machine"], document["python"], document["arguments"]
    return {
        "CPU": machine["cpu"],
        "number of usable CPUs": machine["usable_cores"],
        "system": f"{machine['system']} {machine['kernel']}",
        "Python": f"{python['implementation']} {python['version']}",
        "GIL": python["has_gil"],
        "start method": arguments["start_method"],
        "CPUs": arguments["places"],
        "pause": arguments["pace_s"],
        **document["packages"],
    }


def only_in_one(a: Document, b: Document) -> list[str]:
    cases_a, cases_b = by_key(a), by_key(b)
    return [
        f"only in {name}: {transport} with {size_text(size)}, {place}"
        for name, ours, theirs in (("A", cases_a, cases_b), ("B", cases_b, cases_a))
        for transport, size, place in ours
        if (transport, size, place) not in theirs
    ]
