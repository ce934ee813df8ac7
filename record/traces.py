"""Traces of games, of which pages draw a few words."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from record import DATA, ROOT

TRACES = DATA / "traces"
DOCS = ROOT / "docs"


def record_all() -> None:
    TRACES.mkdir(parents=True, exist_ok=True)
    for name, arguments in traced_games().items():
        (TRACES / f"{name}.json").write_text(record_trace(arguments), encoding="utf-8")


def traced_games() -> dict[str, str]:
    """What is played for each trace: a page that draws it says so."""
    drawn = r"^ +:trace: _data/traces/(\S+)\.json\n +:game: (.+)$"
    return {
        name: arguments
        for page in sorted(DOCS.rglob("*.rst"))
        for name, arguments in re.findall(drawn, page.read_text(encoding="utf-8"), re.MULTILINE)
    }


def record_trace(arguments: str) -> str:
    """A game's Trace Event JSON, with small process ids, and the run it comes from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        command = [sys.executable, "-m", "ipc_cookbook", *arguments.split(), "--quiet"]
        subprocess.run(
            [*command, "--trace", str(path)],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )
        document = json.loads(path.read_text(encoding="utf-8"))
    numbers: dict[int, int] = {}
    for event in document["traceEvents"]:
        for key in "pid", "tid":
            event[key] = numbers.setdefault(event[key], len(numbers) + 1)
    document["otherData"] |= {
        "command": f"python -m ipc_cookbook {arguments}",
        "recorded": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPUs, {platform.system()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    return json.dumps(document, indent=1) + "\n"
