"""Tables of figures: the bench's, and those of the tutorial's own program."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.faults import KEPT, fate, reported, sees_a_death
from book.recordings import bench, duration_range, machine_of
from book.tables import DASH, NOT_RECORDED, Generated, link, packages, promised, table_text
from ipc_cookbook import catalog, facts
from ipc_cookbook.bench.document import CaseDocument
from ipc_cookbook.bench.verdict import (
    is_batched,
    ranking,
    sizes_of,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.bench_table import header, label
from ipc_cookbook.render.wording import duration_text, scaled, short, size_text


class DifferenceTable(Generated):
    """In what the recipes differ, whatever their speed."""

    def text(self) -> str:
        faults = self.recording("faults.json")["recipes"]
        head = ("Recipe", "Reach", "Carries", "Room", "Sees a dead peer", "Needs", "Runs on")
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
                    packages(recipe) or DASH,
                    facts.head(recipe.fields.get("Runs on", "")) or "all",
                )
            )
        return table_text(head, rows, "14 16 10 24 20 8 14")


class RecipeTable(Generated):
    """What was measured of every recipe."""

    def text(self) -> str:
        document = bench(self.env)
        cases = {(case["transport"], case["payload_size"]): case for case in document["cases"]}
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
            small, large = cases.get((name, smallest)), cases.get((name, largest))
            rows.append(
                (
                    link(name),
                    promised(recipe),
                    fate(faults.get(name, {}), copies=KEPT),
                    reported(faults.get(name, {})),
                    duration_text(typical_ns(small)) if small else DASH,
                    duration_text(typical_ns(large)) if large else DASH,
                    one_way(large) if large else DASH,
                )
            )
        return table_text(head, rows, "14 10 26 15 12 12 11")


class SpeedTable(Generated):
    """Percentiles, CPU time and throughput: of one recipe at all sizes, or of all at one size.

    After a size, recipes may follow, and then it is about these.
    """

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def text(self) -> str:
        document = bench(self.env)
        chosen, *names = " ".join(self.arguments).split()
        if chosen.isdecimal():
            first = "Recipe"
            ranked = ranking(document, int(chosen))
            cases = [case for case in ranked if not names or case["transport"] in names]
            rows = [(label(case), *figures(case)) for case in cases]
        else:
            first = "Payload"
            rows = [
                (size_text(case["payload_size"]), *figures(case))
                for case in document["cases"]
                if case["transport"] == chosen
            ]
        head = (first, "Median", "Medians of launches", "p90", "p99", "CPU time", "One way")
        return table_text(head, rows) if rows else NOT_RECORDED


def figures(case: CaseDocument) -> tuple[str, ...]:
    launches = case["round_trips"]
    medians = typical_of_launches_ns(case).values()
    p90, p99 = (
        None if is_batched(case) else middle(launch["percentiles_ns"][name] for launch in launches)
        for name in ("p90", "p99")
    )
    cpu_ns = middle(scaled(launch["cpu_us_per_round_trip"], 1000) for launch in launches)
    return (
        duration_text(median(medians)),
        duration_range(min(medians), max(medians)),
        *(duration_text(ns) if ns else DASH for ns in (p90, p99, cpu_ns)),
        one_way(case),
    )


def one_way(case: CaseDocument) -> str:
    found = middle(launch["megabytes_per_s"] for launch in case["streams"] or [])
    return f"{short(found)} MB/s" if found else DASH


def middle(launches: Iterable[float | None]) -> float | None:
    """The figure of the middle launch; None if a launch does not have it."""
    found = list(launches)
    known = [value for value in found if value is not None]
    return median(known) if known and len(known) == len(found) else None


class BenchRun(Generated):
    """Which run the figures come from."""

    def text(self) -> str:
        document = bench(self.env)
        machine, run, *_ = header(document)
        load = document["machine"]["load"]
        disturbed = (
            "The machine was not idle: other programs ran at the same time. The order of close "
            "neighbours means little."
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
    app.add_directive("bench-run", BenchRun)
    app.add_directive("luck-table", LuckTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
