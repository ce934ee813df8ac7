"""The table, and the sentence to quote."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import ENOUGH_LAUNCHES, Figure
from ipc_cookbook.bench.machine import Machine
from ipc_cookbook.bench.places import FREE, ONE, TWO
from ipc_cookbook.bench.verdict import (
    at_places,
    is_batched,
    moved_by_placement,
    places_of,
    ranking,
    sizes_of,
    times_as_fast,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.wording import (
    COUNTS,
    DURATIONS,
    LINE_WIDTH,
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
PLACES = {ONE: "one CPU", TWO: "two CPUs", FREE: "free"}
QUOTED_PLACES = {
    ONE: "on one CPU",
    TWO: "on two CPUs",
    FREE: "placed freely",
}
BUSY = 0.5
MOST_CALLS = 5


def as_text(document: Document) -> str:
    """All there is to read, the sentence to quote last."""
    lines = [*(part for line in header(document) for part in wrapped(line)), ""]
    for size in sizes_of(document):
        ranked = ranking(document, size)
        parts = [
            latencies(ranked, document),
            paced_latencies(ranked, document),
            usages(ranked, document),
            tails(ranking(document, size, places_of(document)[-1]), document),
            rooms(document, size),
            system_calls(document, size),
            orders(ranked, document),
        ]
        lines += [f"Payload {size_text(size)}", ""]
        lines += [line for part in parts if part for line in [*part, ""]]
    return "\n".join([*lines, *notes(document), "", quotable(document)])


def header(document: Document) -> list[str]:
    python, arguments = document["python"], document["arguments"]
    launches = counted(arguments["launches"], "launch")
    return [
        machine_line(document["machine"]),
        f"{python['implementation']} {python['version']}, {arguments['start_method']}, "
        f"{launches} in an order shuffled by seed {arguments['seed']}, "
        + (
            f"{arguments['tokens']} words each"
            if arguments["tokens"]
            else f"{arguments['seconds']:g} s each"
        ),
        "; ".join(where(name, cpus) for name, cpus in arguments["places"].items()),
    ]


def where(place: str, cpus: Sequence[int] | None) -> str:
    if cpus is None:
        return f"{place}: wherever the system puts them"
    first, second = cpus
    if first == second:
        return f"{PLACES[place]}: both players on CPU {first}"
    return f"{PLACES[place]}: Ping on CPU {first}, Pong on CPU {second}"


def machine_line(machine: Machine) -> str:
    memory = machine["memory_bytes"]
    return (
        f"{machine['cpu']}, {machine['cores']} CPUs"
        + (f", {memory / 1024**3:.0f} GiB" if memory else "")
        + f", {machine['system']} {machine['kernel']}"
    )


def latencies(ranked: list[CaseDocument], document: Document) -> list[str]:
    """The median round trip in every place."""
    head = ["", "carries", *(PLACES[place] for place in places_of(document))]
    rows = [
        [label(case), case["carries"], *medians(case, "round_trips", document)] for case in ranked
    ]
    return ["A round trip: the median, fastest first", "", *aligned([head, *rows])]


def paced_latencies(ranked: list[CaseDocument], document: Document) -> list[str]:
    """The same with a pause before each word; nothing if it was not measured."""
    pace_s = document["arguments"]["pace_s"]
    if pace_s is None:
        return []
    head = ["", *(PLACES[place] for place in places_of(document))]
    rows = [[label(case), *medians(case, "paced", document)] for case in ranked if case["paced"]]
    title = f"The same with a pause of {duration_text(pace_s * 1e9)} before each word of Ping"
    return [title, "", *aligned([head, *rows])]


def medians(
    case: CaseDocument, kind: Literal["round_trips", "paced"], document: Document
) -> list[str]:
    """A cell for each place."""
    return [each_median(each, kind) for each in at_places(document, case)]


def each_median(case: CaseDocument | None, kind: Literal["round_trips", "paced"]) -> str:
    launches = (case[kind] if case else None) or []
    return cell([launch["percentiles_ns"]["p50"] for launch in launches])


def usages(ranked: list[CaseDocument], document: Document) -> list[str]:
    """What a round trip costs besides time."""
    places = [place for place in places_of(document) if place != FREE] or places_of(document)
    head = ["", *(f"switches, {PLACES[place]}" for place in places)]
    head += [f"CPU time, {PLACES[place]}" for place in places]
    rows = []
    for case in ranked:
        found = {each["place"]: each for each in at_places(document, case) if each}
        cases = [found.get(place) for place in places]
        rows.append([label(case), *map(switches, cases), *map(cpu_time, cases)])
    return ["What a round trip uses", "", *aligned([head, *rows])]


def switches(case: CaseDocument | None) -> str:
    """How often a thread has waited, and how often one was taken from its CPU."""
    launches = case["round_trips"] if case else []
    waited = [launch["voluntary_switches_per_round_trip"] for launch in launches]
    taken = [launch["involuntary_switches_per_round_trip"] for launch in launches]
    known = [[value for value in values if value is not None] for values in (waited, taken)]
    if not launches or any(len(values) < len(launches) for values in known):
        return DASH
    return " + ".join(f"{median(values):.1f}" for values in known)


def cpu_time(case: CaseDocument | None) -> str:
    launches = case["round_trips"] if case else []
    return cell([scaled(launch["cpu_us_per_round_trip"], 1e3) for launch in launches])


def tails(ranked: list[CaseDocument], document: Document) -> list[str]:
    """The slow round trips, the start, and the stream."""
    head = ["", "p99", "max", "start-up", "stream msg/s", "stream MB/s"]
    rows = []
    for case in ranked:
        round_trips, streams = case["round_trips"], case["streams"] or []
        carries = bool(case["payload_size"])
        rows.append(
            [
                label(case),
                percentile_cell(case, "p99"),
                max_cell(case),
                cell([scaled(launch["startup_s"], 1e9) for launch in round_trips]),
                cell([launch["messages_per_s"] for launch in streams], COUNTS),
                cell([launch["megabytes_per_s"] for launch in streams if carries], PLAIN),
            ]
        )
    title = f"The slowest round trips, the start and the stream: {PLACES[places_of(document)[-1]]}"
    return [title, "", *aligned([head, *rows])]


def rooms(document: Document, size: int) -> list[str]:
    """What becomes of messages that nobody takes in time; nothing if it was not measured."""
    rows = [
        [
            room["transport"],
            room["outcome"],
            f"{room['sent']}",
            f"{room['waiting']}",
            f"{room['memory_bytes'] / 1024**2:.1f} MiB",
        ]
        for room in document["rooms"]
        if room["payload_size"] == size
    ]
    head = ["", "sending", "sent", "on the way", "memory taken"]
    if not rows:
        return []
    return ["A receiver that takes 200 messages a second", "", *aligned([head, *rows])]


def system_calls(document: Document, size: int) -> list[str]:
    """How many there are in a round trip; nothing if they were not counted."""
    rows = [
        [
            counted_calls["transport"],
            f"{sum(counted_calls['per_round_trip'].values()):.1f}",
            ", ".join(
                f"{name} {each:.3g}"
                for name, each in [*counted_calls["per_round_trip"].items()][:MOST_CALLS]
            ),
        ]
        for counted_calls in document["system_calls"]
        if counted_calls["payload_size"] == size
    ]
    if not rows:
        return []
    return ["System calls of a round trip, in all processes", "", *aligned(rows)]


def label(case: CaseDocument) -> str:
    return case["transport"] + "*" * case["is_reference"]


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
        "round trips to tell it from the max: p99 needs 100 in a launch.",
        "Switches: how often a thread gave its CPU away, + how often one was taken from it.",
        "CPU time and switches: of both players and all helpers, where those can be asked.",
    ]
    if document["rooms"]:
        lines += [
            "Sending blocks: it becomes as slow as the receiver. It grows: it does not, in half a",
            "second, 64 MiB or 50,000 messages, whatever is first. It drops: some never came.",
        ]
    for place, reason in document["places_left_out"].items():
        lines.append(f"Not measured: {PLACES[place]}; {reason}.")
    fewer = document["arguments"]["fewer_launches"]
    slow = [
        case["transport"]
        for case in document["cases"]
        if len(case["round_trips"]) == fewer < document["arguments"]["launches"]
    ]
    if slow and document["is_complete"]:
        lines.append(
            f"{counted(fewer, 'launch')} only, for one takes long: {listed(dict.fromkeys(slow))}."
        )
    if document["lock_step"]:
        lines.append(
            f"No stream over {listed(document['lock_step'])}: "
            "there is room for one message, each word waits its turn."
        )
    if any(case["is_reference"] for case in document["cases"]):
        lines.append(
            "* For reference: the game with bare system calls; the bytes copied in one process."
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


def orders(ranked: list[CaseDocument], document: Document) -> list[str]:
    """Like with like in one line each, and what the places change."""
    lines = []
    for kind in ("pickles", "bytes"):
        named = [case for case in ranked if not case["is_reference"] and case["carries"] == kind]
        if len(named) > 1:
            lines += wrapped(f"By median, those that carry {kind}: {order(named, document)}")
    if any(" ? " in line for line in lines):
        lines.append("(?: cannot tell which is faster)")
    if ranked and {ONE, TWO} <= {*places_of(document)}:
        moved = moved_by_placement(document, ranked[0]["payload_size"], ONE, TWO)
        lines += wrapped(
            f"Their rank depends on the place: {', '.join(moved)}. The others keep their order."
            if moved
            else "The order is the same on one CPU and on two, as far as these launches can tell."
        )
    return lines


def order(named: list[CaseDocument], document: Document) -> str:
    """Neighbours with ``?`` between them if they cannot be told apart."""
    text = named[0]["transport"]
    for faster, slower in pairwise(named):
        ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
        text += f" {'<' if ratio and ratio.is_certain else '?'} {slower['transport']}"
    return text


def wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE_WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def quotable(document: Document) -> str:
    """The fastest held against the next of its kind, at the smallest payload, as a sentence."""
    size, place = min(sizes_of(document)), places_of(document)[0]
    named = [case for case in ranking(document, size) if not case["is_reference"]]
    payload = f"with {size_text(size)}" if size else "without a payload"
    condition = f"{payload}, {QUOTED_PLACES[place]}"
    if not named:
        return "no mechanism was measured"
    like = [case for case in named if case["carries"] == named[0]["carries"]]
    if len(like) < 2:
        return alone(named[0], condition)
    faster, slower = like[:2]
    names = f"{faster['transport']} or {slower['transport']}"
    ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
    if ratio is None or not ratio.has_enough_launches:
        launches = counted(ratio.launches if ratio else 0, "launch")
        return (
            f"cannot tell whether {names} is faster: {launches}, and {ENOUGH_LAUNCHES} are needed"
        )
    if not ratio.is_certain:
        return f"cannot tell whether {names} is faster {condition}: {ratio_text(ratio)}"
    return (
        f"{faster['transport']} was {ratio_text(ratio)} times as fast as "
        f"{slower['transport']}, {condition}"
    )


def alone(case: CaseDocument, condition: str) -> str:
    launches = typical_of_launches_ns(case).values()
    low, high = duration_text(min(launches)), duration_text(max(launches))
    return (
        f"{case['transport']} took {duration_text(typical_ns(case))} ({low} to {high}) "
        f"for a round trip, {condition}"
    )
