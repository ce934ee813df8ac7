"""Record what the pages show: transcripts of commands, and traces of games.

    python docs/record.py              write docs/_transcripts/*.txt and docs/_data/traces/*.json
    python docs/record.py --check      run all again, and say what has changed

What differs from run to run is masked in the comparison: process ids, times, the machine's own
names for files, and the order of words where it is luck.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from ipc_cookbook import catalog

DOCS = Path(__file__).resolve().parent
TRANSCRIPTS = DOCS / "_transcripts"
TRACES = DOCS / "_data" / "traces"
TIMEOUT_S = 60


class Shown(NamedTuple):
    """Commands that a page shows.

    :ivar folder: where they are run.
    :ivar order_is_luck: the order of their words or lines, or a count, differs from run to run.
    :ivar is_of_version: their errors are worded by Python, differently in every version.
    """

    commands: tuple[str, ...]
    order_is_luck: bool = False
    is_of_version: bool = False
    folder: Path = DOCS / "programs"


def game(arguments: str, *, order_is_luck: bool = False) -> Shown:
    return Shown((f"python -m ipc_cookbook {arguments}",), order_is_luck)


def example(*commands: str, order_is_luck: bool = False) -> Shown:
    """Programs of ``examples/``, run where a reader runs them."""
    shown = tuple(f"python examples/{command}" for command in commands)
    return Shown(shown, order_is_luck, folder=DOCS.parent)


TO_SHOW = {
    **{name: game(name) for name in catalog.names()},
    "global": game("global", order_is_luck=True),
    "one-queue": game("one-queue --delay 0", order_is_luck=True),
    "all": Shown(("python -m ipc_cookbook all",), order_is_luck=True),
    "list": game("list"),
    "json": game("pipe --tokens 2 --json --quiet"),
    "timeout": Shown(
        ("python -m ipc_cookbook pipe --delay 2 --timeout 1", "echo $?"), order_is_luck=True
    ),
    "unknown": Shown(("python -m ipc_cookbook pip", "echo $?")),
    **{
        path.stem: Shown(
            (f"python {path.name}",),
            order_is_luck=path.stem == "lost_updates",
            is_of_version=path.stem in ("local_function", "no_main_guard", "do_not_travel"),
        )
        for path in sorted((DOCS / "programs").glob("*.py"))
    },
    "downloads": example("download_processes.py --seconds 0.3 0.6", order_is_luck=True),
    "pipe-time-limit": example(
        "pipe_time_limit.py math:factorial 5 20 -1",
        "pipe_time_limit.py --limit 0.5 time:sleep 0.1 60 0.2",
    ),
    "value-counter": example(
        "value_counter.py", "value_counter.py --without-lock", order_is_luck=True
    ),
    "threads-share-memory": example("threads_share_memory.py", order_is_luck=True),
    "help": game("--help"),
}
TO_TRACE = {
    "queue": "queue --tokens 50 --delay 0 --start-method fork",
    "global": "global --tokens 6 --delay 0.002 --start-method fork",
    "one-queue": "one-queue --tokens 50 --delay 0 --start-method spawn",
}


def transcript(shown: Shown) -> str:
    """What a terminal would show: each command after a prompt, and what it printed."""
    status, lines = 0, []
    for command in shown.commands:
        lines.append(f"$ {command}")
        if command == "echo $?":
            lines.append(str(status))
            continue
        done = subprocess.run(
            [sys.executable, *command.split()[1:]],
            cwd=shown.folder,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
        status = done.returncode
        lines += [wrap(line) for line in shortened(without_places(done.stdout)).splitlines()]
    return "\n".join(lines) + "\n"


def without_places(text: str) -> str:
    """The text without the folders of this machine."""
    text = text.replace(f"{DOCS / 'programs'}{os.sep}", "")
    return re.sub(r'"[^"\n]*/(lib/python3\.\d+/[^"\n]*)"', r'".../\1"', text)


def shortened(text: str) -> str:
    """Tracebacks without the frames inside of Python itself."""
    frames = r'(?:  File "(?:\.\.\.|<)[^\n]*\n(?:    [^\n]*\n)*)+'
    return re.sub(frames, "  ...\n", text)


def wrap(line: str, width: int = 80) -> str:
    """A terminal's lines end somewhere; only words of a game are this long."""
    if re.fullmatch(r"(Ping|Pong){20,}", line):
        return "\n".join(line[at : at + width] for at in range(0, len(line), width))
    return line


def masked(text: str, *, order_is_luck: bool = False) -> str:
    """What must be the same in every run."""
    text = re.sub(r"\n(?=(Ping|Pong)+$)", "", text, flags=re.MULTILINE)
    if order_is_luck:
        text = re.sub(r"^(?:Ping|Pong){1,3}$", "<a few words>", text, flags=re.MULTILINE)
        text = re.sub(r"(?:Ping|Pong){4,}", lambda words: f"<{len(words[0]) // 4} words>", text)
        text = re.sub(r"out of turn, as luck would have it|strictly in turn", "<luck>", text)
        text = re.sub(r"without the lock: \d+", "without the lock: N", text)
        text = re.sub(r"\d+ of (\d+) counted, [1-9]\d* lost", r"N of \1 counted, N lost", text)
        text = re.sub(r"\d+ times the same one again", "N times the same one again", text)
        text = "\n".join(sorted(text.splitlines()))
    text = re.sub(r"\b(pid|[Pp]rocess) \d+", r"\1 N", text)
    text = re.sub(r'("pids": )\{[^}]*\}', r"\1{}", text)
    text = re.sub(r'("(?:Ping|Pong|elapsed_s|startup_s)": )\d+\.[\d.e-]+', r"\1N", text)
    text = re.sub(r"\b\d+\.\d+ s\b", "N s", text)
    text = re.sub(r"\bP[io]ng had said \d+", "had said N", text)
    text = re.sub(r"\b(fork|forkserver|spawn)\b", "<start method>", text)
    return re.sub(r"0x[0-9a-f]+", "0xN", text)


def record_trace(arguments: str) -> str:
    """A game's Trace Event JSON, with small process ids, and the run it comes from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        command = [sys.executable, "-m", "ipc_cookbook", *arguments.split(), "--quiet"]
        subprocess.run(
            [*command, "--trace", str(path)],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
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


def recorded_version() -> str:
    return (TRANSCRIPTS / "python-version").read_text(encoding="utf-8").strip()


def this_version() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def comparable() -> list[str]:
    """What can be compared under this version of Python."""
    is_same = recorded_version() == this_version()
    return [name for name, shown in TO_SHOW.items() if is_same or not shown.is_of_version]


def differences() -> list[str]:
    """The names of the transcripts that a fresh run does not confirm."""
    return [name for name in comparable() if not is_confirmed(name)]


def is_confirmed(name: str) -> bool:
    shown = TO_SHOW[name]
    recorded = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    fresh = transcript(shown)
    luck = shown.order_is_luck
    return masked(recorded, order_is_luck=luck) == masked(fresh, order_is_luck=luck)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (all)")
    options = parser.parse_args()
    if options.check:
        changed = differences()
        print("\n".join(f"changed: {name}" for name in changed) or "all as recorded")
        return 1 if changed else 0
    TRANSCRIPTS.mkdir(exist_ok=True)
    TRACES.mkdir(parents=True, exist_ok=True)
    (TRANSCRIPTS / "python-version").write_text(f"{this_version()}\n", encoding="utf-8")
    for name in options.names or TO_SHOW:
        path = TRANSCRIPTS / f"{name}.txt"
        path.write_text(transcript(TO_SHOW[name]), encoding="utf-8")
    for name in TO_TRACE if not options.names else ():
        (TRACES / f"{name}.json").write_text(record_trace(TO_TRACE[name]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
