"""The committed recordings that pages take their figures from: ``docs/_data/*.json``."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

from sphinx.environment import BuildEnvironment

from ipc_cookbook.bench import document
from ipc_cookbook.bench.document import Document
from ipc_cookbook.render.wording import DURATIONS, range_text

NO_BREAK = "\N{WORD JOINER}"
OLDEST, NEWEST = "bench", "bench-newest"
DATA = Path(__file__).parents[2] / "_data"


def load(env: BuildEnvironment, name: str) -> Any:
    path = DATA / name
    env.note_dependency(str(path))
    return json.loads(path.read_text(encoding="utf-8"))


def bench(env: BuildEnvironment, name: str = OLDEST) -> Document:
    """The measurement under the oldest Python that this is for, or under the newest."""
    env.note_dependency(str(DATA / f"{name}.json"))
    return read_bench(name)


@functools.cache
def read_bench(name: str = OLDEST) -> Document:
    return document.load(str(DATA / f"{name}.json"))


def machine_of(recording: Any) -> str:
    machine, python = recording["machine"], recording.get("python")
    cpus = machine.get("usable_cores", machine.get("cpus"))
    version = f"{python['implementation']} {python['version']}" if python else machine["python"]
    return f"{machine['cpu']} ({cpus} CPUs), {machine['system']} {machine['kernel']}, {version}"


def duration_range(low: float, high: float) -> str:
    """Two times in nanoseconds, rounded outwards: ``120 to 143 us``, with a dash."""
    text = range_text(low, high, DURATIONS).replace("-", NO_BREAK.join(["", "\N{EN DASH}", ""]))
    return re.sub(r"(?<=\d)(?=[a-z])", " ", text)


def with_micro_sign(text: str) -> str:
    """As a page has it; the command prints ASCII."""
    return re.sub(r"(?<=\d)(\s?)us\b", r"\1µs", text)
