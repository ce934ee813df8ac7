"""Tables of figures: the bench's, and those of the tutorial's own program."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.faults import KEPT, fate, reported
from book.recordings import Bench, digits, duration, duration_range, machine_of, size_text
from book.tables import DASH, NOT_RECORDED, Generated, link, packages, promised, table_text
from ipc_cookbook import catalog


class RecipeTable(Generated):
    """All recipes against what people ask."""

    def text(self) -> str:
        bench = Bench(self.recording("bench.json"))
        faults = self.recording("faults.json")["recipes"]
        sizes = [bench.sizes[0], bench.sizes[-1]]
        head = (
            "Recipe", "Promises", "Reach", "Carries", "Needs",
            "If the other player is killed", "Faults reported under supervision",
            *(f"A round trip, {size_text(size) if size else 'no payload'}" for size in sizes),
            f"One way, {size_text(sizes[-1])}",
        )  # fmt: skip
        rows = []
        for name in catalog.names():
            recipe = catalog.describe(name)
            self.env.note_dependency(recipe.path)
            rows.append(
                (
                    link(name),
                    promised(recipe),
                    recipe.reach,
                    recipe.carries,
                    packages(recipe) or DASH,
                    fate(faults.get(name, {}), KEPT),
                    reported(faults.get(name, {})),
                    *(self.time(bench, name, size) for size in sizes),
                    self.stream(bench, name, sizes[-1]),
                )
            )
        return table_text(head, rows, "11 9 10 9 8 21 12 10 10 11")

    def time(self, bench: Bench, name: str, size: int) -> str:
        figures = bench.p50_ns(name, size)
        return duration(figures[0]) if figures else DASH

    def stream(self, bench: Bench, name: str, size: int) -> str:
        found = bench.one_way_mb_per_s(name, size) if (name, size) in bench.cases else None
        return f"{digits(found)} MB/s" if found else DASH


def duration_or_dash(ns: float | None) -> str:
    return DASH if ns is None else duration(ns)


class SpeedTable(Generated):
    """Percentiles, CPU time and throughput: of one recipe at all sizes, or of all at one size."""

    required_arguments = 1

    def text(self) -> str:
        bench = Bench(self.recording("bench.json"))
        chosen = self.arguments[0]
        if chosen.isdecimal():
            cases = [(name, int(chosen)) for name in bench.names(int(chosen))]
        else:
            cases = [(chosen, size) for size in bench.sizes if (chosen, size) in bench.cases]
        rows = []
        for name, size in cases:
            label = size_text(size) if name == chosen else name
            middle = bench.p50_ns(name, size)
            assert middle is not None
            cpu_us = bench.figure(name, size, "cpu_us_per_round_trip")
            mb_per_s = bench.one_way_mb_per_s(name, size)
            rows.append(
                (
                    label,
                    duration(middle[0]),
                    duration_range(middle[1], middle[2]),
                    *(
                        duration_or_dash(bench.percentile_ns(name, size, which))
                        for which in ("p90", "p99")
                    ),
                    duration_or_dash(cpu_us and cpu_us * 1000),
                    f"{digits(mb_per_s)} MB/s" if mb_per_s else DASH,
                )
            )
        if not rows:
            return NOT_RECORDED
        first = "Recipe" if chosen.isdecimal() else "Payload"
        head = (first, "Median", "Medians of launches", "p90", "p99", "CPU time", "One way")
        return table_text(head, rows)


class BenchRun(Generated):
    """Which run the figures come from."""

    def text(self) -> str:
        bench = Bench(self.recording("bench.json"))
        document = bench.document
        disturbed = (
            "The machine was not idle: other programs ran at the same time. The order of close "
            "neighbours means little."
            if bench.was_disturbed
            else "The machine was otherwise idle."
        )
        load = document["machine"].get("load")
        return "\n".join(
            [
                disturbed,
                "",
                f":Recorded: {document['started'][:10]}",
                f":Machine: {machine_of(document)}",
                f":Run: {bench.how()}",
                f":Load before: {digits(load) if load is not None else 'unknown'}",
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
    app.add_directive("recipe-table", RecipeTable)
    app.add_directive("speed-table", SpeedTable)
    app.add_directive("bench-run", BenchRun)
    app.add_directive("luck-table", LuckTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
