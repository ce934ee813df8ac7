"""The table, and the sentence to quote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import ENOUGH_LAUNCHES, Figure
from ipc_cookbook.bench.machine import Machine
from ipc_cookbook.bench.verdict import (
    is_batched,
    ranking,
    sizes_of,
    times_as_fast,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.wording import (
    COUNTS,
    DURATIONS,
    PLAIN,
    Units,
    aligned,
    counted,
    duration_text,
    figure_text,
    listed,
    range_text,
    ratio_text,
    scaled,
    size_text,
)

DASH = "-"
BUSY = 0.5


def as_text(document: Document) -> str:
    """All there is to read, the sentence to quote last."""
    lines = [*header(document), ""]
    for size in sizes_of(document):
        ranked = ranking(document, size)
        lines += [f"Payload {size_text(size)}: a round trip, fastest first", ""]
        lines += [
            *round_trip_table(ranked),
            "",
            *other_table(ranked),
            "",
            order(ranked, document),
            "",
        ]
    return "\n".join([*lines, *notes(document), "", quotable(document)])


def header(document: Document) -> list[str]:
    python, arguments = document["python"], document["arguments"]
    pin = arguments["pin"]
    return [
        machine_line(document["machine"]),
        f"{python['implementation']} {python['version']}, {arguments['start_method']}, "
        + ("not pinned" if pin is None else f"pinned to CPU {', '.join(map(str, pin))}")
        + f", {counted(arguments['launches'], 'launch')} in an order shuffled by seed "
        + f"{arguments['seed']}, "
        + (
            f"{arguments['tokens']} words each"
            if arguments["tokens"]
            else f"{arguments['seconds']:g} s each"
        ),
    ]


def machine_line(machine: Machine) -> str:
    memory = machine["memory_bytes"]
    return (
        f"{machine['cpu']}, {machine['cores']} CPUs"
        + (f", {memory / 1024**3:.0f} GiB" if memory else "")
        + f", {machine['system']} {machine['kernel']}"
    )


def round_trip_table(cases: list[CaseDocument]) -> list[str]:
    head = ["", "p50", "p90", "p99", "p99.9", "max"]
    rows = [
        [label(case), *(percentile_cell(case, name) for name in head[1:-1]), max_cell(case)]
        for case in cases
    ]
    return aligned([head, *rows])


def other_table(cases: list[CaseDocument]) -> list[str]:
    head = ["", "round trips/s", "CPU/round trip", "start-up", "stream msg/s", "stream MB/s"]
    rows = []
    for case in cases:
        round_trips, streams = case["round_trips"], case["streams"] or []
        carries = bool(case["payload_size"])
        rows.append(
            [
                label(case),
                cell([launch["round_trips_per_s"] for launch in round_trips], COUNTS),
                cell([scaled(launch["cpu_us_per_round_trip"], 1e3) for launch in round_trips]),
                cell([scaled(launch["startup_s"], 1e9) for launch in round_trips]),
                cell([launch["messages_per_s"] for launch in streams], COUNTS),
                cell([launch["megabytes_per_s"] for launch in streams if carries], PLAIN),
            ]
        )
    return aligned([head, *rows])


def label(case: CaseDocument) -> str:
    return case["transport"] + "*" * case["is_floor"]


def percentile_cell(case: CaseDocument, name: str) -> str:
    if name != "p50" and is_batched(case):
        return DASH
    return cell([launch["percentiles_ns"][name] for launch in case["round_trips"]])


def max_cell(case: CaseDocument) -> str:
    """The longest round trip of the launch where that was shortest, and of all launches."""
    if is_batched(case):
        return DASH
    longest = [launch["max_ns"] for launch in case["round_trips"]]
    if len(longest) == 1:
        return figure_text(Figure.of(longest), DURATIONS, has_spread=False)
    return range_text(min(longest), max(longest), DURATIONS)


def cell(launches: Sequence[float | None], units: Units = DURATIONS) -> str:
    """The figure with its spread; a dash if a launch does not have it."""
    known = [value for value in launches if value is not None]
    if not known or len(known) < len(launches):
        return DASH
    return figure_text(Figure.of(known), units, has_spread=len(known) > 1)


def notes(document: Document) -> list[str]:
    """What the figures are, what is missing, and why."""
    lines = [
        "A cell: the middle launch, then the lowest and the highest one; of max only these two.",
        "The first tenth of a launch is left out as warm-up. A dash: no such figure, or too few",
        "round trips to tell it from the max: p99.9 needs 1000 in a launch, p99 100, p90 10.",
        "CPU: of both players and all helpers. Stream: one way, all the messages in a row.",
    ]
    if document["lock_step"]:
        lines.append(
            f"No stream over {listed(document['lock_step'])}: "
            "there is room for one message, each word waits its turn."
        )
    if any(case["is_floor"] for case in document["cases"]):
        lines.append(
            "* The floor: the same game over two bare os.pipe, and the bytes copied in one process."
        )
    load, cores = document["machine"]["load"], document["machine"]["usable_cores"]
    if load and cores and load > BUSY * cores:
        lines.append(
            f"The machine was busy: in the minute before, {load:.1f} processes shared its "
            f"{counted(cores, 'CPU')}."
        )
    for left_out in document["left_out"]:
        size = left_out["payload_size"]
        where = "" if size is None else f" with {size_text(size)}"
        lines.append(f"Left out: {left_out['transport']}{where}: {left_out['reason']}")
    failures = Counter(
        (failed["transport"], failed["payload_size"], failed["kind"], failed["error"])
        for failed in document["failures"]
    )
    for (name, size, kind, error), times in failures.items():
        lines.append(
            f"FAILED: {name} with {size_text(size)}, {kind}: {error} in {counted(times, 'launch')}"
        )
    if not document["is_complete"]:
        lines.append("Interrupted: this is what was finished by then.")
    return lines


def order(ranked: list[CaseDocument], document: Document) -> str:
    """All mechanisms in one line, with ``?`` between neighbours that cannot be told apart."""
    named = [case for case in ranked if not case["is_floor"]]
    text = named[0]["transport"] if named else ""
    for faster, slower in pairwise(named):
        ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
        text += f" {'<' if ratio and ratio.is_certain else '?'} {slower['transport']}"
    return f"By p50: {text}" + ("    (?: cannot tell which is faster)" if "?" in text else "")


def quotable(document: Document) -> str:
    """The fastest held against the next, at the smallest payload, as a sentence."""
    size = min(sizes_of(document))
    named = [case for case in ranking(document, size) if not case["is_floor"]]
    where = f"with {size_text(size)} of payload" if size else "without a payload"
    if len(named) < 2:
        return alone(named[0], where) if named else "no mechanism was measured"
    faster, slower = named[:2]
    names = f"{faster['transport']} or {slower['transport']}"
    ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
    if ratio is None or not ratio.has_enough_launches:
        launches = counted(ratio.launches if ratio else 0, "launch")
        return (
            f"cannot tell whether {names} is faster: {launches}, and {ENOUGH_LAUNCHES} are needed"
        )
    if not ratio.is_certain:
        return f"cannot tell whether {names} is faster {where}: {ratio_text(ratio)} times"
    return (
        f"{faster['transport']} was {ratio_text(ratio)} times as fast as "
        f"{slower['transport']}, {where}"
    )


def alone(case: CaseDocument, where: str) -> str:
    launches = typical_of_launches_ns(case).values()
    low, high = duration_text(min(launches)), duration_text(max(launches))
    return (
        f"{case['transport']} took {duration_text(typical_ns(case))} ({low} to {high}) "
        f"for a round trip, {where}"
    )
