"""Tables made from the catalog and from the recordings, never typed in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from book import recordings
from book.recordings import Bench, digits, duration, duration_range, machine_of, size_text
from ipc_cookbook import catalog, cli, facts

DASH = "—"
NOT_RECORDED = "Not recorded yet."
UNIT = re.compile(r"(?<=\d) (?=(?:µs|ms|ns|s|MB/s|B|KiB|MiB)\b)")
FAULT_NAMES = {
    "kill": "Killed (SIGKILL)",
    "abort": "Aborted (SIGABRT)",
    "_exit": "Left by ``os._exit``",
    "ValueError": "Exception raised",
    "stop": "Stopped (SIGSTOP)",
    "kill server": "The transport's own process killed",
    "random signal": "Any signal, any moment",
}


def table_text(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    widths: str = "auto",
    stub: bool = True,
    title: str = "",
) -> str:
    """A list-table in reStructuredText."""
    options = ["   :header-rows: 1", f"   :widths: {widths}"]
    if stub:
        options.append("   :stub-columns: 1")
    lines = [f".. list-table:: {title}".rstrip(), *options, ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip())
    return "\n".join(lines)


def link(name: str) -> str:
    return f":doc:`{name} </recipes/{name}>`"


def promised(recipe: catalog.Recipe) -> str:
    return ", ".join(sorted(recipe.guarantees)) or "nothing"


def packages(recipe: catalog.Recipe) -> str:
    return ", ".join(f"``{package}``" for package in recipe.needs)


class Generated(SphinxDirective):
    """A directive whose reStructuredText is written by the program."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        text = UNIT.sub("\N{NO-BREAK SPACE}", self.text())
        found = self.parse_text_to_nodes(text, allow_section_headings=False)
        for element in found:
            keep_figures_out_of_catalogues(element)
        return found

    def recording(self, name: str) -> Any:
        return recordings.load(self.env, name)


def keep_figures_out_of_catalogues(element: nodes.Node) -> None:
    """Cells without words, and facts about a machine, are the same in every language."""
    for paragraph in element.findall(nodes.paragraph):
        text = paragraph.astext()
        words = re.sub(r"\d[\d.,\u2013]*\s?(?:µs|ms|ns|s|MB/s|B|KiB|MiB)\b", "", text)
        is_fact = isinstance(paragraph.parent, nodes.field_body)
        if is_fact or text in catalog.MODULES or not re.search(r"[A-Za-z]{2}", words):
            paragraph["translatable"] = False


class Promises(Generated):
    """What a recipe's own module declares."""

    required_arguments = 1

    def text(self) -> str:
        recipe = catalog.describe(self.arguments[0])
        self.env.note_dependency(recipe.path)
        needs = "".join((packages(recipe), *recipe.fields.get("Needs", "").partition(";")[1:]))
        fields = recipe.fields | {"Needs": needs or "the standard library alone"}
        rows = [
            ("As many words as asked for", "Yes" if "count" in recipe.guarantees else "No"),
            ("Strictly in turn", "Yes" if "order" in recipe.guarantees else "No"),
            *((name, fields[name]) for name in facts.REQUIRED + facts.OPTIONAL if name in fields),
        ]
        return table_text(("Question", "Answer"), rows, "30 70")


KEPT, CLOSED = "open", "closed"  # the parent's own copies of the ends


class SurvivorTable(Generated):
    """What the other player does when one dies and nobody supervises: of all recipes, or of one."""

    optional_arguments = 1

    def text(self) -> str:
        recipes = self.recording("faults.json")["recipes"]
        if not self.arguments:
            names = [name for name in catalog.names() if name in recipes]
            head = ("Recipe", "While the parent keeps its copies", "Once it has closed them")
            rows = [
                (link(name), fate(recipes[name], KEPT), fate(recipes[name], CLOSED))
                for name in names
            ]
            return table_text(head, rows)
        if self.arguments[0] not in recipes:
            return NOT_RECORDED
        found = recipes[self.arguments[0]]
        methods = sorted(found)
        kept, closed = (situations(found, copies) for copies in (KEPT, CLOSED))
        if closed and closed.items() <= kept.items():
            closed = {}
        rows = []
        for outcomes, when in (
            (kept, ", while the parent keeps its copies"),
            (closed, ", once it has closed them"),
        ):
            for who, does in outcomes.items():
                rows.append((f"{who}{when if closed else ''}", *does))
        return table_text(("Who is killed", *methods), rows)


def situations(found: dict[str, Any], copies: str) -> dict[str, tuple[str, ...]]:
    """What the survivor does under each start method, by who was killed."""
    methods = sorted(found)
    outcomes = {
        who: tuple(outcome(found[method]["survivors"][who][copies]) for method in methods)
        for who, seen in found[methods[0]]["survivors"].items()
        if copies in seen
    }
    if "Ping" in outcomes and outcomes["Ping"] == outcomes["Pong"]:
        players = outcomes.pop("Ping")
        del outcomes["Pong"]
        outcomes = {"a player": players, **outcomes}
    if "server" in outcomes:
        outcomes["the server"] = outcomes.pop("server")
    return outcomes


def outcome(does: str) -> str:
    return {"blocks": "waits for ever", "plays on": "plays on"}.get(does, f"``{does}``")


def fate(found: dict[str, Any], copies: str) -> str:
    """What the survivor does, in a few words: as a rule, and when not."""
    methods = sorted(found)
    cells: dict[str, list[tuple[str, str]]] = {}
    by_who = situations(found, copies) if found else {}
    for who, outcomes in by_who.items():
        for method, does in zip(methods, outcomes, strict=True):
            cells.setdefault(does, []).append((who, method))
    rule, *exceptions = sorted(cells, key=lambda does: -len(cells[does])) or [DASH]
    parts = [rule]
    for does in exceptions:
        whos, under = ({cell[part] for cell in cells[does]} for part in (0, 1))
        conditions = [f"if {' or '.join(sorted(whos))} is killed"] if whos != {*by_who} else []
        conditions += [f"under {', '.join(sorted(under))}"] if under != {*methods} else []
        parts.append(f"{does} {', '.join(conditions)}")
    return "; ".join(parts)


class FaultTable(Generated):
    """What the supervisor made of every fault: by kind, or by recipe."""

    required_arguments = 1

    def text(self) -> str:
        document = self.recording("faults.json")
        groups: dict[str, list[dict[str, Any]]] = {}
        chosen = self.arguments[0]
        for recipe, methods in document["recipes"].items():
            for found in methods.values():
                for fault, totals in found["faults"].items():
                    if chosen == "kinds" or chosen == recipe:
                        key = FAULT_NAMES.get(fault, fault)
                    elif chosen == "recipes":
                        key = link(recipe)
                    else:
                        continue
                    groups.setdefault(key, []).append(totals)
        rows = [(key, *sums(group)) for key, group in groups.items()]
        rows.append(("All", *sums([totals for group in groups.values() for totals in group])))
        first = "Recipe" if chosen == "recipes" else "Fault"
        head = (
            first, "Tried", "Reported", "The right one blamed", "Left over", "Medians", "Worst",
        )  # fmt: skip
        return table_text(head, rows)


class ReportTable(Generated):
    """What the caller of a recipe hears of each fault, under the first start method."""

    required_arguments = 1

    def text(self) -> str:
        found = self.recording("faults.json")["recipes"][self.arguments[0]]
        faults = found[min(found)]["faults"]
        rows = [
            (FAULT_NAMES.get(name, name), f"``{totals['report']}``")
            for name, totals in faults.items()
        ]
        return table_text(("Fault", "The caller hears"), rows)


def sums(group: list[dict[str, Any]]) -> tuple[str, ...]:
    total: Counter[str] = Counter()
    for totals in group:
        for key in ("tried", "detected", "blamed_right", "left_over"):
            total[key] += totals[key]
    medians = [totals["median_ms"] for totals in group]
    return (
        str(total["tried"]),
        str(total["detected"]),
        str(total["blamed_right"]),
        str(total["left_over"]),
        duration_range(min(medians) * 1e6, max(medians) * 1e6),
        f"{digits(max(totals['worst_ms'] for totals in group))} ms",
    )


class RecipeTable(Generated):
    """All recipes against what people ask."""

    def text(self) -> str:
        bench = Bench(self.recording("bench.json"))
        faults = self.recording("faults.json")["recipes"]
        sizes = [bench.sizes[0], bench.sizes[-1]]
        head = (
            "Recipe", "Promises", "Reach", "Carries", "Needs",
            "If the other player is killed", "Faults reported under supervision",
            *(f"An exchange, {size_text(size) if size else 'no payload'}" for size in sizes),
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


def reported(methods: dict[str, Any]) -> str:
    """How many of all faults ended in the right error, and how many were tried."""
    faults = [totals for found in methods.values() for totals in found["faults"].values()]
    if not faults:
        return "not recorded"
    right, tried = (sum(totals[key] for totals in faults) for key in ("blamed_right", "tried"))
    return f"{right} of {tried}"


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
            cpu_us = bench.figure(name, size, "cpu_us_per_exchange")
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


class FaultRun(Generated):
    def text(self) -> str:
        document = self.recording("faults.json")
        load = document["machine"].get("load")
        moments = max(
            totals["tried"]
            for methods in document["recipes"].values()
            for found in methods.values()
            for totals in found["faults"].values()
        )
        patience = (
            f"{document['patience_s']:g} s, and then the other player is said to wait for ever"
        )
        return "\n".join(
            [
                f":Recorded: {document['date']}",
                f":Machine: {machine_of(document)}",
                f":Load before: {digits(load) if load is not None else 'unknown'}",
                f":Patience: {patience}",
                f":Tried: each fault at up to {moments} moments of a game",
            ]
        )


class LuckTable(Generated):
    """The recorded runs of the tutorial's program, and which run it was."""

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
        facts = [
            f":Program: {document['program']}",
            f":Recorded: {document['recorded']}",
            f":Machine: {machine_of(document)}",
        ]
        return "\n".join([*facts, "", table_text(head, rows)])


class ExitStatuses(Generated):
    """As ``--help`` lists them."""

    def text(self) -> str:
        _, _, listed = cli.HELP.partition("exit status:")
        entries = re.findall(r"(?:^|\s{2,})(\d+) (.+?)(?=\s{2,}\d|\n|$)", listed)
        return table_text(("Status", "Meaning"), sorted(entries, key=lambda entry: int(entry[0])))


class Changelog(Generated):
    """``CHANGELOG.md``, of which only headings, lists, links and code are used."""

    def text(self) -> str:
        path = Path(__file__).parents[3] / "CHANGELOG.md"
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8").partition("\n")[2]
        text = re.sub(r"`([^`]+)`", r"``\1``", text)
        text = re.sub(r"\[([^]]+)\]\((\S+?)\)", r"`\1 <\2>`__", text)
        text = re.sub(r"^## \[?([^]\n]+)\]?(.*)$", r".. rubric:: \1\2", text, flags=re.MULTILINE)
        text = re.sub(r"^### (.*)$", r"**\1**", text, flags=re.MULTILINE)
        return re.sub(r"^\[[^]]+\]: .*$", "", text, flags=re.MULTILINE)


DIRECTIVES = {
    "changelog": Changelog,
    "exit-statuses": ExitStatuses,
    "promises": Promises,
    "survivor-table": SurvivorTable,
    "fault-table": FaultTable,
    "fault-run": FaultRun,
    "report-table": ReportTable,
    "recipe-table": RecipeTable,
    "speed-table": SpeedTable,
    "bench-run": BenchRun,
    "luck-table": LuckTable,
}


def setup(app: Sphinx) -> ExtensionMetadata:
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
