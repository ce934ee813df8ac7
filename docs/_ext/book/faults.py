"""Tables of what happens when a process dies, from ``docs/_data/faults.json``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.recordings import duration_range, machine_of
from book.tables import DASH, NOT_RECORDED, Generated, link, table_text
from ipc_cookbook import catalog
from ipc_cookbook.render.wording import short

FAULT_NAMES = {
    "kill": "Killed (SIGKILL)",
    "abort": "Aborted (SIGABRT)",
    "_exit": "Left by ``os._exit``",
    "ValueError": "Exception raised",
    "stop": "Stopped (SIGSTOP)",
    "kill server": "The transport's own process killed",
    "killed with a lock": "Killed while it holds a lock",
    "killed in a message": "Killed in the middle of a message",
    "random signal": "Any signal, any moment",
}

MIDWAY = {
    "killed with a lock": "a player that holds a lock",
    "killed in a message": "a player in the middle of a message",
}
"""Who was killed in mid-action, and not between two words."""

THE_SERVER = "the server"

KEPT, CLOSED = "open", "closed"  # the parent's own copies of the ends


class SurvivorTable(Generated):
    """What the other player does when one dies and nobody supervises: of all recipes, or of one."""

    optional_arguments = 1

    def text(self) -> str:
        recipes = self.recording("faults.json")["recipes"]
        if not self.arguments:
            columns = {
                "While the parent keeps its copies": partial(fate, copies=KEPT),
                "Once it has closed them": partial(fate, copies=CLOSED),
            }
            return comparison(recipes, columns)
        if self.arguments[0] not in recipes:
            return NOT_RECORDED
        found = recipes[self.arguments[0]]
        methods = sorted(found)
        kept, closed = (situations(found, copies) for copies in (KEPT, CLOSED))
        if closed and closed.items() <= kept.items():
            closed = {}
        rows: list[tuple[str, ...]] = []
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
    names = {"server": THE_SERVER, **MIDWAY}
    return {names.get(who, who): does for who, does in outcomes.items()}


def deaths(
    found: dict[str, Any], copies: str, midway: str | None = None
) -> dict[str, tuple[str, ...]]:
    """The situations in which somebody died between two words, or in that mid-action."""
    everything = situations(found, copies) if found else {}
    return {
        who: does
        for who, does in everything.items()
        if (who == midway if midway else who not in MIDWAY.values())
    }


def outcome(does: str) -> str:
    return {"blocks": "waits for ever", "plays on": "plays on"}.get(does, f"``{does}``")


def fate(
    found: dict[str, Any],
    *,
    copies: str,
    midway: str | None = None,
) -> str:
    """What the survivor does, in a few words: as a rule, and when not.

    :param midway: in what mid-action the other one died, None for between two words.
    """
    methods = sorted(found)
    cells: dict[str, list[tuple[str, str]]] = {}
    by_who = deaths(found, copies, midway)
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


class MidwayTable(Generated):
    """What the other player does when one dies in mid-action and nobody supervises."""

    def text(self) -> str:
        lock, message = MIDWAY.values()
        columns = {
            "It held a lock": partial(fate, copies=KEPT, midway=lock),
            "In a message, while the parent keeps its copies": partial(
                fate, copies=KEPT, midway=message
            ),
            "Once it has closed them": partial(fate, copies=CLOSED, midway=message),
        }
        return comparison(self.recording("faults.json")["recipes"], columns)


def comparison(recipes: dict[str, Any], columns: dict[str, Callable[[dict[str, Any]], str]]) -> str:
    """A row for every recipe."""
    rows = [
        (link(name), *(cell(recipes[name]) for cell in columns.values()))
        for name in catalog.names()
        if name in recipes
    ]
    return table_text(("Recipe", *columns), rows)


def sees_a_death(found: dict[str, Any]) -> str:
    """Whether a survivor hears of the other player's death from the mechanism, and when."""
    if not found:
        return DASH
    kept, closed = (
        [
            does
            for who, outcomes in deaths(found, copies).items()
            if who != THE_SERVER
            for does in outcomes
        ]
        for copies in (KEPT, CLOSED)
    )
    if all(map(is_an_error, kept)):
        return "at once"
    return "once every copy is closed" if any(map(is_an_error, closed)) else "not by itself"


def is_an_error(does: str) -> bool:
    return does.startswith("``")


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
                        key = FAULT_NAMES.get(fault, fault.capitalize())
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
            (FAULT_NAMES.get(name, name.capitalize()), f"``{totals['report']}``")
            for name, totals in faults.items()
        ]
        return table_text(("Fault", "The caller hears"), rows)


def sums(group: list[dict[str, Any]]) -> tuple[str, ...]:
    keys = ("tried", "detected", "blamed_right", "left_over")
    medians = [totals["median_ms"] for totals in group]
    worst = max(totals["worst_ms"] for totals in group)
    return (
        *(str(sum(totals[key] for totals in group)) for key in keys),
        duration_range(min(medians) * 1e6, max(medians) * 1e6),
        f"{short(worst)} ms",
    )


def reported(methods: dict[str, Any]) -> str:
    """How many of all faults ended in the right error, and how many were tried."""
    faults = [totals for found in methods.values() for totals in found["faults"].values()]
    if not faults:
        return "not recorded"
    right, tried = (sum(totals[key] for totals in faults) for key in ("blamed_right", "tried"))
    return f"{right} of {tried}"


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
                f":Load before: {short(load) if load is not None else 'unknown'}",
                f":Patience: {patience}",
                f":Tried: each fault at up to {moments} moments of a game",
            ]
        )


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("survivor-table", SurvivorTable)
    app.add_directive("midway-table", MidwayTable)
    app.add_directive("fault-table", FaultTable)
    app.add_directive("fault-run", FaultRun)
    app.add_directive("report-table", ReportTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
