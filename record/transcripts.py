"""Transcripts of commands.

What differs from run to run is masked in a comparison: process ids, times, the machine's own names
for files, and the order of words where it is luck.

They are recorded under the oldest Python that this is for. What a newer one teaches otherwise (an
error's text, a default, an outcome) is recorded under that, too, in a folder named after it.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ipc_cookbook import PingPongError, TransportUnavailable, catalog, facts, gallery
from ipc_cookbook.cli.statuses import MISSING
from record import ROOT, check_newer, feature

DOCS = ROOT / "docs"
TRANSCRIPTS = DOCS / "_transcripts"
HANGING = ROOT / "tests" / "diagnose" / "hung"
VERSION = "python-version"
TIMEOUT_S = 60


class Shown(NamedTuple):
    """Commands that a page shows.

    :ivar recipes: those that they play; where one cannot run, they print something else.
    :ivar folder: where they are run; None for an empty folder.
    :ivar files: what is copied into that empty folder beforehand.
    :ivar order_is_luck: the order of their words or lines, or a count, differs from run to run.
    :ivar is_wrapped: where their lines end depends on the numbers in them.
    """

    commands: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    order_is_luck: bool = False
    is_wrapped: bool = False
    folder: Path | None = DOCS / "programs"
    files: tuple[Path, ...] = ()


def command(arguments: str, *recipes: str, order_is_luck: bool = False) -> Shown:
    return Shown((f"python -m ipc_cookbook {arguments}",), recipes, order_is_luck)


def example(*commands: str, order_is_luck: bool = False) -> Shown:
    """Programs of ``examples/``, run as a reader runs them, where they may leave files."""
    shown = tuple(f"python examples/{command}" for command in commands)
    return Shown(shown, order_is_luck=order_is_luck, folder=None, files=(ROOT / "examples",))


def run_of(name: str) -> Shown:
    """A recipe's game, with the options that its page shows."""
    page = DOCS / "recipes" / f"{name}.rst"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    options = re.search(rf"^\.\. run-it:: {name}\n +:options: (.+)$", text, flags=re.MULTILINE)
    arguments = f"{name} {options[1]}" if options else name
    luck = "order" not in catalog.describe(name).guarantees
    return command(arguments, name, order_is_luck=luck)


def own_program(name: str) -> Shown:
    """A recipe that is taken home, and the program that uses it there."""
    stem = name.replace("-", "_")
    commands = (
        f"python -m ipc_cookbook show {name} > {stem}_recipe.py",
        f"python -m ipc_cookbook show {name} --program > {stem}_program.py",
        f"python {stem}_program.py",
    )
    return Shown(commands, (name,), folder=None)


def program(path: Path) -> Shown:
    """A program of ``docs/programs``; a file of tests is run as one of the reader's own.

    One whose name begins with that of a recipe needs what that needs.
    """
    if path.stem.startswith("test_"):
        files = tuple(path.parent / name for name in (path.name, "own_transport.py"))
        return Shown((f"python -m pytest -q {path.name}",), folder=None, files=files)
    recipes = {*catalog.names()} & {path.stem.partition("_")[0]}
    return Shown((f"python {path.name}",), tuple(recipes))


def look_at(name: str) -> Shown:
    """A program that hangs, and why."""
    commands = (f"python -m ipc_cookbook diagnose --run python {name}.py", "echo $?")
    return Shown(commands, is_wrapped=True, folder=HANGING)


def run_of_pitfall(name: str) -> Shown:
    """Both of its programs, under the watch."""
    return command(f"pitfall {name}", order_is_luck=True)


LOOKS = (
    "join_before_drain",
    "lock_holder_died",
    "order_of_locks",
    "half_a_line",
    "reads_one_of_two",
)
"""Those that the page on hangs shows."""

MESSAGE = next(pitfall.symptom for pitfall in gallery.all_pitfalls() if pitfall.messages)
"""What somebody may have on the screen."""

PLAIN = next(
    recipe.name
    for recipe in map(catalog.describe, catalog.names())
    if recipe.guarantees == {"count", "order"} and not recipe.fields.keys() & set(facts.OPTIONAL)
)
"""A recipe that does what one wants, everywhere."""

TO_SHOW = {
    **{name: run_of(name) for name in catalog.names()},
    **{f"own-{name}": own_program(name) for name in catalog.names()},
    **{f"pitfall-{name}": run_of_pitfall(name) for name in gallery.NAMES},
    **{f"hang-{name}": look_at(name) for name in LOOKS},
    "pitfalls": command("pitfall"),
    "explain": command(f'explain "{MESSAGE}"'),
    "all": command("all", *catalog.names(), order_is_luck=True),
    "list": command("list", *catalog.names()),
    "json": command(f"{PLAIN} --tokens 2 --json --quiet"),
    "timeout": Shown(
        (f"python -m ipc_cookbook {PLAIN} --delay 2 --timeout 1", "echo $?"), order_is_luck=True
    ),
    "unknown": Shown((f"python -m ipc_cookbook {PLAIN[:-1]}", "echo $?")),
    **{path.stem: program(path) for path in sorted((DOCS / "programs").glob("*.py"))},
    "downloads": example(
        "slow_server.py --seconds 0.3 0.6 python examples/download_processes.py",
        order_is_luck=True,
    ),
    "pipe-time-limit": example(
        "pipe_time_limit.py math:factorial 5 20 -1",
        "pipe_time_limit.py --limit 0.5 time:sleep 0.1 60 0.2",
    ),
    "value-counter": example(
        "value_counter.py", "value_counter.py --without-lock", order_is_luck=True
    ),
    "json-lines-awk": example("json_lines_awk.py"),
    "threads-share-memory": example("threads_share_memory.py", order_is_luck=True),
    "request-reply": example(
        "request_reply.py 91 2026 -1 1000003",
        "request_reply.py --limit 0.5 15 170141183460469231731687303715884105727",
    ),
    "pipeline": Shown(
        ("python examples/pipeline.py LICENSE",),
        folder=None,
        files=(ROOT / "examples", ROOT / "LICENSE"),
    ),
    "fan-out-fan-in": example("fan_out_fan_in.py 50000 --workers 3", order_is_luck=True),
    "publish-subscribe": Shown(
        (
            "python examples/publish_subscribe.py LICENSE software notice",
            "python examples/publish_subscribe.py LICENSE software notice --at-once",
            "python -c \"print(*range(100_000), sep='\\n')\" > numbers.txt",
            "python examples/publish_subscribe.py numbers.txt 7 12 --room 10",
        ),
        order_is_luck=True,
        folder=None,
        files=(ROOT / "examples", ROOT / "LICENSE"),
    ),
    "bounded-queue": Shown(
        (
            "python -c \"for n in range(3_000_000): print('line', n)\" > lines.txt",
            "python examples/back_pressure.py lines.txt",
            "python examples/back_pressure.py lines.txt --maxsize 0",
        ),
        folder=None,
        files=(ROOT / "examples",),
    ),
    "graceful-shutdown": Shown(
        (
            (
                "timeout --foreground 2 python examples/graceful_shutdown.py "
                "--grace 2 time:sleep 1 3 60 4"
            ),
        ),
        folder=None,
        files=(ROOT / "examples",),
    ),
    "supervision": example("supervision.py os:_exit 0 3", order_is_luck=True),
    "shared-array": example("shared_array.py numpy:sqrt"),
    "help": command("--help"),
}


def transcript(shown: Shown) -> str:
    """What a terminal would show: each command after a prompt, and what it printed.

    :raises TransportUnavailable: something that it needs is not here.
    """
    for recipe in shown.recipes:
        catalog.load(recipe)
    if shown.folder is not None:
        return transcript_in(shown.folder, shown)
    with tempfile.TemporaryDirectory() as folder:
        for path in shown.files:
            os.symlink(path, os.path.join(folder, path.name))
        return without_frames(transcript_in(Path(folder), shown))


def transcript_in(folder: Path, shown: Shown) -> str:
    """Standard output and standard error in their order, if there is one.

    Unbuffered, a line and its end are written apart, and another process can come between.
    """
    unbuffered = "" if shown.order_is_luck else "1"
    status, lines = 0, []
    for line in shown.commands:
        lines.append(f"$ {line}")
        if line == "echo $?":
            lines.append(str(status))
            continue
        to_run, _, target = line.partition(" > ")
        words = [sys.executable if word == "python" else word for word in shlex.split(to_run)]
        with tempfile.TemporaryDirectory() as temporary:  # what is killed leaves files there
            set_here = {"NO_COLOR": "1", "PYTHONUNBUFFERED": unbuffered, "TMPDIR": temporary}
            done = subprocess.run(
                words,
                cwd=folder,
                env={**os.environ, **set_here},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=TIMEOUT_S,
            )
        status, printed = done.returncode, done.stdout
        if status == MISSING and "ipc_cookbook" in words:
            raise TransportUnavailable(printed.strip())
        if target:
            (folder / target).write_text(printed, encoding="utf-8")
            continue
        lines += map(wrap, shortened(without_places(printed)).splitlines())
    return "\n".join(lines) + "\n"


def without_places(text: str) -> str:
    """The text without the folders of this machine."""
    text = text.replace(f"{DOCS / 'programs'}{os.sep}", "").replace(sys.executable, "python")
    text = re.sub(r'"[^"\n]*/(lib/python3\.\d+/[^"\n]*)"', r'".../\1"', text)
    return re.sub(r"^/\S*/(lib/python3\.\d+/)", r".../\1", text, flags=re.MULTILINE)


def shortened(text: str) -> str:
    """Tracebacks without the frames inside of Python itself."""
    frames = r'(?:  File "(?:\.\.\.|<)[^\n]*\n(?:    [^\n]*\n)*)+'
    return re.sub(frames, "  ...\n", text)


def without_frames(text: str) -> str:
    """Tracebacks of which the error alone is left."""
    frames = r"(Traceback \(most recent call last\):\n)(?:  .*\n)+"
    return re.sub(frames, r"\1  ...\n", text)


def wrap(line: str, width: int = 80) -> str:
    """A terminal's lines end somewhere; only words of a game are this long."""
    if re.fullmatch(r"(Ping|Pong){20,}", line):
        return "\n".join(line[at : at + width] for at in range(0, len(line), width))
    return line


def masked(text: str, shown: Shown) -> str:
    """What must be the same in every run."""
    text = re.sub(r"\n +", " ", text) if shown.is_wrapped else text
    text = re.sub(r"\n(?=(Ping|Pong)+$)", "", text, flags=re.MULTILINE)
    if shown.order_is_luck:
        text = re.sub(r"^(?:Ping|Pong){1,3}$", "<a few words>", text, flags=re.MULTILINE)
        text = re.sub(r"(?:Ping|Pong){4,}", lambda words: f"<{len(words[0]) // 4} words>", text)
        text = re.sub(r"out of turn, as luck would have it|strictly in turn", "<luck>", text)
        text = re.sub(r"without the lock: \d+", "without the lock: N", text)
        text = re.sub(r"\d+ of (\d+) counted, [1-9]\d* lost", r"N of \1 counted, N lost", text)
        text = re.sub(r"^\d+ lost$", "N lost", text, flags=re.MULTILINE)
        text = re.sub(r"\d+ times the same one again", "N times the same one again", text)
        text = re.sub(r"\d+ in \d+ lines, [1-9]\d* lines lost", "N in N lines, N lines lost", text)
        text = "\n".join(sorted(text.splitlines()))
    text = re.sub(r"\b(pid|[Pp]rocess|child of) \d+", r"\1 N", text)
    text = re.sub(r"\bpids \d+(, \d+)* and \d+", "pids N and N", text)
    text = re.sub(r"\b127\.0\.0\.1:\d+", "127.0.0.1:N", text)
    text = re.sub(r'("pids": )\{[^}]*\}', r"\1{}", text)
    text = re.sub(r'("(?:Ping|Pong|elapsed_s|startup_s)": )\d+\.[\d.e-]+', r"\1N", text)
    text = re.sub(r"\b\d+\.\d+ ?s\b", "N s", text)
    text = re.sub(r"\b\d+ bytes once compressed", "N bytes once compressed", text)
    text = re.sub(r"\bP[io]ng had said \d+", "had said N", text)
    text = re.sub(r"\bpsm_\w+", "psm_N", text)
    text = re.sub(r"\b(fork|forkserver|spawn)\b", "<start method>", text)
    return re.sub(r"0x[0-9a-f]+", "0xN", text)


def taught(text: str, shown: Shown) -> str:
    """What must be the same under every version of Python, or else each is shown.

    Not the frames of a traceback, nor what comes with the default start method: Python's helpers
    in a list of processes and among what is left, and the name of the main module.
    """
    text = without_frames(text).replace("__mp_main__.", "")
    text = re.sub(r"\n\n(pid \d+ .*\n(  .*\n)+)+", "\n", text)
    text = re.sub(r"^\(left behind, .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\S+resource_tracker.* leaked semaphore .*\n.*\n", "", text, flags=re.MULTILINE)
    return masked(re.sub(r"\bfd\s+\d+", "fd N", text), shown)


def note_version(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / VERSION).write_text(f"{platform.python_version()}\n", encoding="utf-8")


def recordings_of(name: str) -> dict[tuple[int, ...], Path]:
    """The files of a transcript by the feature version of Python, oldest first."""
    files = [*TRANSCRIPTS.glob(f"{name}.txt"), *TRANSCRIPTS.glob(f"*/{name}.txt")]
    versions = [(file.parent / VERSION).read_text(encoding="utf-8") for file in files]
    return dict(sorted(zip(map(feature, versions), files, strict=True)))


def is_the_same(name: str, fresh: str, kept: Callable[[str, Shown], str], file: Path) -> bool:
    shown = TO_SHOW[name]
    return kept(fresh, shown) == kept(file.read_text(encoding="utf-8"), shown)


def is_confirmed(name: str) -> bool:
    """Whether a run shows what is recorded.

    All of it under a Python that has a recording, what it teaches under a newer one than that. In
    between two that differ, it may be like either or like none.
    """
    recordings, this = recordings_of(name), sys.version_info[:2]
    if this not in recordings and this < max(recordings):
        return True
    kept = masked if this in recordings else taught
    file = recordings.get(this, recordings[max(recordings)])
    return is_the_same(name, transcript(TO_SHOW[name]), kept, file)


def recording(name: str) -> tuple[Callable[[], object], Callable[[], list[str]]]:
    """How a transcript is recorded, and why it is stale."""

    def anew() -> None:
        text = transcript(TO_SHOW[name])
        note_version(TRANSCRIPTS)
        (TRANSCRIPTS / f"{name}.txt").write_text(text, encoding="utf-8")

    def why_stale() -> list[str]:
        if not (TRANSCRIPTS / f"{name}.txt").exists():
            return ["it was never recorded"]
        return [] if is_confirmed(name) else ["a run shows something else"]

    return anew, why_stale


def record_newer() -> None:
    """Of all transcripts those with which this Python teaches something else than an older one.

    :raises PingPongError: it is not newer than theirs, or one of them is not there.
    """
    check_newer("the transcripts", (TRANSCRIPTS / VERSION).read_text(encoding="utf-8").strip())
    if missing := [name for name in TO_SHOW if not (TRANSCRIPTS / f"{name}.txt").exists()]:
        raise PingPongError(f"record these under the oldest Python first: {', '.join(missing)}")
    this = sys.version_info[:2]
    folder = TRANSCRIPTS / ".".join(map(str, this))
    note_version(folder)
    for name, shown in TO_SHOW.items():
        *_, older = (file for version, file in recordings_of(name).items() if version < this)
        try:
            fresh = transcript(shown)
        except TransportUnavailable as reason:
            print(f"{name}: left as it is: {reason}", flush=True)
            continue
        path = folder / f"{name}.txt"
        path.unlink(missing_ok=True)
        if not is_the_same(name, fresh, taught, older):
            print(f"{name}: differs", flush=True)
            path.write_text(fresh, encoding="utf-8")
