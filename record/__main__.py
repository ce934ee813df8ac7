"""The command: ``python -m record``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import record
from ipc_cookbook import PingPongError
from record import (
    DATA,
    ROOT,
    back_pressure,
    faults,
    hosts,
    luck,
    readme,
    sources,
    traces,
    transcripts,
)

PLAYED = tuple(f"src/ipc_cookbook/{folder}*.py" for folder in ("", "recipes/", "crew/", "game/"))
SPOILT = ("tests/faulty.py", "tests/midway.py", "tests/unsupervised.py", "record/faults.py")


class Recording(NamedTuple):
    """One thing that is recorded.

    :ivar anew: records it.
    :ivar why_stale: reasons, none if a run now would show the same.
    """

    anew: Callable[[], object]
    why_stale: Callable[[], list[str]]


def from_sources(
    name: str, anew: Callable[[], object], *files: str, root: Path = ROOT
) -> Recording:
    """A recording that takes minutes: it is as good as the files that it was made from."""

    def record_and_note() -> None:
        made_from = sources.fingerprints(files, root)  # before: a file may change meanwhile
        anew()
        sources.note(name, made_from, root)

    return Recording(record_and_note, lambda: sources.changes(name, files, root))


def bench(name: str, *options: str) -> None:
    """Minutes of an idle machine, under this Python."""
    command = [sys.executable, "-m", "ipc_cookbook", "bench", "--seed", "1", *options]
    subprocess.run([*command, "--json", str(DATA / f"{name}.json")], check=True)


def all_of_bench() -> None:
    bench("bench", "--sizes", "0,64KiB,1MiB", "--pace", "1ms", "--room", "--syscalls")


def bench_of_a_newer_python() -> None:
    measured = json.loads((DATA / "bench.json").read_text(encoding="utf-8"))["python"]["version"]
    record.check_newer("bench", measured)
    bench("bench-newest")


MEASURED = (*PLAYED, "src/ipc_cookbook/bench/*.py")
RUN = ("docs/programs/*.py", "src/ipc_cookbook/pitfalls/*/*.py", "tests/diagnose/hung/*.py")

NEWEST = {
    "bench-newest": from_sources("bench-newest", bench_of_a_newer_python, *MEASURED),
    "transcripts-newest": from_sources("transcripts-newest", transcripts.record_newer, *RUN),
}

RECORDINGS = {
    **{name: Recording(*transcripts.recording(name)) for name in transcripts.TO_SHOW},
    "README": Recording(readme.record, readme.why_stale),
    "traces": from_sources("traces", traces.record_all, *PLAYED),
    "faults": from_sources("faults", faults.record, *PLAYED, *SPOILT),
    "bench": from_sources("bench", all_of_bench, *MEASURED),
    "luck": from_sources("luck", luck.record, "examples/pingpong_one_queue.py", "record/luck.py"),
    "back-pressure": from_sources(
        "back-pressure",
        back_pressure.record,
        "examples/back_pressure.py",
        "record/back_pressure.py",
    ),
    "two-hosts": Recording(hosts.record, hosts.why_stale),
    **NEWEST,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m record",
        description=record.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*RECORDINGS, "all"]))
    names = parser.parse_args().names
    wanted = [name for name in RECORDINGS if name not in NEWEST] if names == ["all"] else names
    if unknown := [name for name in wanted if name not in RECORDINGS]:
        parser.error(f"nothing is called {unknown[0]!r}; there are {', '.join(RECORDINGS)}")
    for name in wanted:
        print(f"{name}: recording", flush=True)
        try:
            RECORDINGS[name].anew()
        except PingPongError as error:
            parser.error(f"{name}: {error}")
    return 0 if names else report()


def report() -> int:
    """Say of each recording whether it is stale, and why."""
    stale = 0
    for name, recording in RECORDINGS.items():
        try:
            reasons = recording.why_stale()
        except PingPongError as error:
            reasons = [str(error)]
        stale += bool(reasons)
        said = f"stale: {'; '.join(reasons)}" if reasons else "as its sources are"
        print(f"{name}: {said}", flush=True)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
