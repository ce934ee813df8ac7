"""Tables of figures: the bench's, and those of the tutorial's own program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import ClassVar

from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.faults import KEPT, fate, reported, sees_a_death
from book.recordings import NEWEST, bench, duration_range, machine_of
from book.tables import DASH, NOT_RECORDED, Generated, link, promised, table_text
from ipc_cookbook import catalog, facts
from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.places import FREE, ONE, TWO
from ipc_cookbook.bench.verdict import (
    at_places,
    is_batched,
    moved_by_placement,
    places_of,
    ranking,
    sizes_of,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.bench_table import MOST_CALLS, PLACES, header, label, switches
from ipc_cookbook.render.wording import duration_text, scaled, short, size_text


class DifferenceTable(Generated):
    """The facts that decide between recipes, whatever their speed."""

    def text(self) -> str:
        faults = self.recording("faults.json")["recipes"]
        head = ("Recipe", "Reach", "Carries", "Room", "Sees a dead peer")
        rows = []
        for recipe in map(catalog.describe, catalog.names()):
            self.env.note_dependency(recipe.path)
            rows.append(
                (
                    link(recipe.name),
                    recipe.reach,
                    recipe.carries,
                    facts.head(recipe.fields["Room"]),
                    sees_a_death(faults.get(recipe.name, {})),
                )
            )
        return table_text(head, rows, "20 18 12 25 25")


class RecipeTable(Generated):
    """What was measured of every recipe."""

    def text(self) -> str:
        document = bench(self.env)
        smallest, largest = min(sizes_of(document)), max(sizes_of(document))
        faults = self.recording("faults.json")["recipes"]
        head = (
            "Recipe", "Promises", "If the other player is killed",
            "Faults reported under supervision",
            f"A round trip, {size_text(smallest) if smallest else 'no payload'}",
            f"A round trip, {size_text(largest)}", f"One way, {size_text(largest)}",
        )  # fmt: skip
        rows = []
        for name in catalog.names():
            recipe = catalog.describe(name)
            self.env.note_dependency(recipe.path)
            small, large = (in_every_place(document, name, size) for size in (smallest, largest))
            rows.append(
                (
                    link(name),
                    promised(recipe),
                    fate(faults.get(name, {}), copies=KEPT),
                    reported(faults.get(name, {})),
                    wherever_placed(small),
                    wherever_placed(large),
                    one_way(large),
                )
            )
        return table_text(head, rows, "14 10 24 15 14 14 11")


def in_every_place(document: Document, name: str, size: int) -> list[CaseDocument]:
    return [
        case
        for case in document["cases"]
        if (case["transport"], case["payload_size"]) == (name, size)
    ]


def wherever_placed(cases: Sequence[CaseDocument]) -> str:
    """From the median where it is quickest to the median where it is slowest."""
    medians = [typical_ns(case) for case in cases]
    return duration_range(min(medians), max(medians)) if medians else DASH


class SpeedTable(Generated):
    """Round trips in every place, tails and throughput: of one recipe at all sizes, or of all at
    one size.

    After a size, recipes may follow, and then it is about these. ``:carries:`` leaves those of
    one kind.
    """

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"carries": directives.unchanged_required}

    def text(self) -> str:
        document = bench(self.env)
        chosen, *names = " ".join(self.arguments).split()
        kind = self.options.get("carries")
        if chosen.isdecimal():
            first = ("Recipe", "Carries")
            cases = [
                case
                for case in ranking(document, int(chosen))
                if (not names or case["transport"] in names) and kind in (None, case["carries"])
            ]
            rows = [(label(case), case["carries"], *figures(document, case)) for case in cases]
        else:
            first = ("Payload",)
            rows = [
                (size_text(size), *figures(document, case))
                for size in sizes_of(document)
                for case in ranking(document, size)
                if case["transport"] == chosen
            ]
        places = [PLACES[place][:1].upper() + PLACES[place][1:] for place in places_of(document)]
        head = (*first, *places, "p99, free", "Paced", "CPU time", "One way")
        return table_text(head, rows) if rows else NOT_RECORDED


def figures(document: Document, case: CaseDocument) -> tuple[str, ...]:
    """The figures of a mechanism at a size; the last ones are those of the last place."""
    cases = at_places(document, case)
    last = cases[-1] or case
    p99, paced = (
        middle(launch["percentiles_ns"][name] for launch in launches or [])
        for name, launches in (("p99", last["round_trips"]), ("p50", last["paced"]))
    )
    p99 = None if is_batched(last) else p99
    cpu_ns = middle(scaled(launch["cpu_us_per_round_trip"], 1000) for launch in last["round_trips"])
    return (
        *(range_of_medians(each) if each else DASH for each in cases),
        *(duration_text(ns) if ns else DASH for ns in (p99, paced, cpu_ns)),
        one_way([last]),
    )


def range_of_medians(case: CaseDocument) -> str:
    medians = typical_of_launches_ns(case).values()
    return duration_range(min(medians), max(medians))


def one_way(cases: Sequence[CaseDocument]) -> str:
    """In megabytes, or if there is no payload, in messages."""
    launches = [launch for case in cases for launch in case["streams"] or []]
    bytes_found = middle(launch["megabytes_per_s"] for launch in launches)
    if bytes_found:
        return f"{short(bytes_found)} MB/s"
    found = middle(launch["messages_per_s"] for launch in launches)
    return f"{short(found / 1000)} k/s" if found else DASH


def middle(launches: Iterable[float | None]) -> float | None:
    """The figure of the middle launch; None if a launch does not have it."""
    found = list(launches)
    known = [value for value in found if value is not None]
    return median(known) if known and len(known) == len(found) else None


class UsageTable(Generated):
    """Why a mechanism takes as long as it does: switches and system calls, at one size."""

    required_arguments = 1

    def text(self) -> str:
        document, size = bench(self.env), int(self.arguments[0])
        calls = {
            counted["transport"]: counted["per_round_trip"]
            for counted in document["system_calls"]
            if counted["payload_size"] == size
        }
        places = [place for place in places_of(document) if place != FREE]
        head = ("Recipe", *(f"Switches, {PLACES[place]}" for place in places), "System calls")
        rows = []
        for case in ranking(document, size):
            found = {each["place"]: each for each in at_places(document, case) if each}
            rows.append(
                (
                    label(case),
                    *(dashed(switches(found.get(place))) for place in places),
                    calls_text(calls[case["transport"]]) if case["transport"] in calls else DASH,
                )
            )
        return table_text(head, rows, "16 14 14 56")


def dashed(cell: str) -> str:
    return DASH if cell == "-" else cell


def calls_text(calls: dict[str, float]) -> str:
    named = ", ".join(f"``{name}`` {each:.3g}" for name, each in [*calls.items()][:MOST_CALLS])
    return f"{sum(calls.values()):.3g}: {named}" if calls else "0"


class RankNote(Generated):
    """Whose rank depends on where the players are, at one size."""

    required_arguments = 1

    def text(self) -> str:
        moved = moved_by_placement(bench(self.env), int(self.arguments[0]), ONE, TWO)
        names = ", ".join(f"``{name}``" for name in moved)
        return (
            f"Their rank depends on the place: {names}. Without them, one CPU and two rank alike."
        )


class RoomTable(Generated):
    """What becomes of messages that nobody takes in time."""

    def text(self) -> str:
        document = bench(self.env)
        sizes = sizes_of(document)
        head = ("Recipe", *(f"With {size_text(size)}" for size in sizes))
        found: dict[str, dict[int, str]] = {}
        for room in document["rooms"]:
            memory = room["memory_bytes"] / 1024**2
            found.setdefault(room["transport"], {})[room["payload_size"]] = (
                f"{room['outcome']}: {room['waiting']:,} on the way, {memory:.1f} MiB"
            )
        rows = [
            (name, *(outcomes.get(size, DASH) for size in sizes))
            for name, outcomes in found.items()
        ]
        return table_text(head, rows) if rows else NOT_RECORDED


class VersionsTable(Generated):
    """A round trip under two versions of Python, from two runs on one machine."""

    required_arguments = 1

    def text(self) -> str:
        size = int(self.arguments[0])
        documents = [bench(self.env), bench(self.env, NEWEST)]
        versions = [document["python"]["version"] for document in documents]
        head = (
            "Recipe",
            *(f"{version}, {PLACES[place]}" for version in versions for place in (ONE, TWO)),
        )
        rows = []
        for case in ranking(documents[0], size):
            cells = [
                {each["place"]: each for each in in_every_place(document, case["transport"], size)}
                for document in documents
            ]
            if all(cells):
                times = (
                    range_of_medians(found[place]) if place in found else DASH
                    for found in cells
                    for place in (ONE, TWO)
                )
                rows.append((label(case), *times))
        return table_text(head, rows)


class BenchRun(Generated):
    """Which run the figures come from; with the name of another recording, which that is."""

    optional_arguments = 1

    def text(self) -> str:
        document = bench(self.env, *self.arguments)
        machine, run, places = header(document)
        load = document["machine"]["load"]
        disturbed = (
            "In the minute before the run, other programs ran on the machine."
            if load and load > 0.5
            else "The machine was otherwise idle."
        )
        return "\n".join(
            [
                disturbed,
                "",
                f":Recorded: {document['started'][:10]}",
                f":Machine: {machine}",
                f":Run: {run}",
                f":Places: {places}",
                f":Load before: {short(load) if load is not None else 'unknown'}",
            ]
        )


class LuckTable(Generated):
    """The recorded runs of the tutorial's program, and which run it was.

    With an argument, only those that waited in that way, and how often they were in turn.
    """

    optional_arguments = 1

    def text(self) -> str:
        document = self.recording("tutorial_luck.json")
        rows = [
            (
                result["start_method"],
                f"{result['pause_s'] * 1000:g} ms",
                result["wait"],
                f"{result['strictly_alternating_runs']} / {result['runs']}",
                f"{result['own_number_taken_back_percent']} %",
                f"{result['waiting_cpu_median_s']:.3f} s",
                f"{result['waited_median_s']:.3f} s",
            )
            for result in document["results"]
        ]
        head = (
            "Start method", "Pause", "Waiting by", "Runs in turn", "Own number taken back",
            "CPU used to wait", "Time waited",
        )  # fmt: skip
        if self.arguments:
            waiting = [row for row in rows if row[2] == self.arguments[0]]
            return table_text(
                ("Start method", "Pause", "Runs in turn"), [(*row[:2], row[3]) for row in waiting]
            )
        facts = [
            f":Program: {document['program']}",
            f":Recorded: {document['recorded']}",
            f":Machine: {machine_of(document)}",
        ]
        return "\n".join([*facts, "", table_text(head, rows)])


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("difference-table", DifferenceTable)
    app.add_directive("recipe-table", RecipeTable)
    app.add_directive("speed-table", SpeedTable)
    app.add_directive("usage-table", UsageTable)
    app.add_directive("room-table", RoomTable)
    app.add_directive("rank-note", RankNote)
    app.add_directive("versions-table", VersionsTable)
    app.add_directive("bench-run", BenchRun)
    app.add_directive("luck-table", LuckTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
