"""The committed recordings that pages take their figures from: ``docs/_data/*.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from sphinx.environment import BuildEnvironment

from ipc_cookbook import catalog

DATA = Path(__file__).parents[2] / "_data"


def load(env: BuildEnvironment, name: str) -> Any:
    path = DATA / name
    env.note_dependency(str(path))
    return json.loads(path.read_text(encoding="utf-8"))


def machine_text(machine: dict[str, Any], python: dict[str, Any] | None = None) -> str:
    cpu = machine.get("cpu", "")
    cpus = machine.get("usable_cores", machine.get("cpus"))
    parts = [
        f"{cpu} ({cpus} CPUs)" if cpu else f"{cpus} CPUs",
        f"{machine['system']} {machine.get('kernel', '')}".strip(),
        f"{python['implementation']} {python['version']}"
        if python
        else python_text(machine["python"]),
    ]
    return ", ".join(parts)


def python_text(version: str) -> str:
    return version if version.startswith("CPython") else f"CPython {version}"


def machine_of(document: dict[str, Any]) -> str:
    return machine_text(document["machine"], document.get("python"))


def run_text(document: dict[str, Any]) -> str:
    """When and where a run was recorded, for the caption of what is drawn from it."""
    day = document.get("recorded") or document.get("date") or document["started"][:10]
    return f"{day}, {machine_of(document)}"


class Bench:
    """What ``python -m ipc_cookbook bench --json`` wrote."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.cases = {(case["transport"], case["payload_size"]): case for case in document["cases"]}
        self.sizes = sorted({size for _, size in self.cases})
        self.floors = {case["transport"] for case in document["cases"] if case["is_floor"]}

    def names(self, size: int) -> list[str]:
        """The mechanisms that were measured with this payload, in the catalog's order."""
        known = [*catalog.names(), "os.pipe"]
        return [name for name in known if (name, size) in self.cases]

    def p50_ns(self, name: str, size: int) -> tuple[float, float, float] | None:
        """The middle launch's p50, the lowest, and the highest; None if it was not measured."""
        if (name, size) not in self.cases:
            return None
        return spread(
            launch["percentiles_ns"]["p50"] for launch in self.cases[name, size]["round_trips"]
        )

    def percentile_ns(self, name: str, size: int, which: str) -> float | None:
        launches = self.cases[name, size]["round_trips"]
        found = [launch["percentiles_ns"][which] for launch in launches]
        known = [value for value in found if value is not None]
        return median(known) if known and len(known) == len(found) else None

    def figure(self, name: str, size: int, which: str) -> float | None:
        """The middle launch's value of a figure of the round trips."""
        values = [launch[which] for launch in self.cases[name, size]["round_trips"]]
        return median(values) if values and None not in values else None

    def one_way_mb_per_s(self, name: str, size: int) -> float | None:
        streams = self.cases[name, size]["streams"]
        return median(each["megabytes_per_s"] for each in streams) if streams else None

    @property
    def was_disturbed(self) -> bool:
        """Whether other programs ran at the same time, as the system's load tells."""
        return (self.document["machine"].get("load") or 0) > 0.5

    def how(self) -> str:
        given = self.document["arguments"]
        pinned = given["pin"]
        where = "not pinned" if pinned is None else f"pinned to CPU {', '.join(map(str, pinned))}"
        return (
            f"{given['launches']} launches of {given['seconds']:g} s, start method "
            f"{given['start_method']}, {where}"
        )


def spread(values: Iterable[float]) -> tuple[float, float, float]:
    found = list(values)
    return median(found), min(found), max(found)


def duration(ns: float) -> str:
    """A time in three digits: ``35.1 µs``."""
    for factor, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")):
        if ns >= 0.9995 * factor:
            return f"{digits(ns / factor)} {unit}"
    return f"{ns:.0f} ns"


def duration_range(low: float, high: float) -> str:
    """Two times in nanoseconds, with the unit of the first one only if it differs."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    figure, unit = first.split()
    if unit == last.split()[1]:
        return f"{figure}\N{EN DASH}{last}"
    return f"{first} \N{EN DASH} {last}"


def digits(value: float) -> str:
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def size_text(size: int) -> str:
    for factor, unit in ((1024**2, "MiB"), (1024, "KiB")):
        if size and size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size} B"
