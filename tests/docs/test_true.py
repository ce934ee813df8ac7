"""What the pages show is what happens: transcripts, doctests, programs, references by name."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from record import feature, traces, transcripts

from checks import check_game
from ipc_cookbook import TransportUnavailable, gallery, run_pingpong
from ipc_cookbook.catalog import MODULES
from samples import NO_COUNT, NO_ORDER, OTHER, PLAIN

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.rst"))


def load(path: Path) -> ModuleType:
    """Import a file; players' processes find it under its name."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    specification.loader.exec_module(module)
    return module


ELSEWHERE = {*MODULES} - {PLAIN, OTHER, *NO_COUNT, *NO_ORDER}
ELSEWHERE |= {f"own-{name}" for name in MODULES} | {f"pitfall-{name}" for name in gallery.NAMES}
ELSEWHERE |= {path.stem for path in (DOCS / "programs").glob("test_*.py")}
ELSEWHERE |= {"bounded-queue", "graceful-shutdown"}  # they take many seconds
ELSEWHERE |= {
    path.stem for path in (DOCS / "programs").glob("*.py") if path.stem.split("_")[0] in MODULES
}
"""What other tests run too, or is about one recipe: compared word by word in the sweep alone."""


@pytest.mark.part
@pytest.mark.skipif(sys.platform != "linux", reason="the transcripts were recorded on Linux")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.sweep if name in ELSEWHERE else ())
        for name in transcripts.TO_SHOW
    ],
)
def test_a_transcript_is_what_a_run_prints(name: str) -> None:
    _, why_stale = transcripts.recording(name)
    try:
        assert why_stale() == []
    except TransportUnavailable as reason:
        pytest.skip(str(reason))


def test_every_transcript_is_recorded_and_shown() -> None:
    recorded = {path.stem for path in (DOCS / "_transcripts").glob("*.txt")}
    assert recorded == set(transcripts.TO_SHOW)
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = set(re.findall(r"^ *\.\. transcript:: (\S+)", text, flags=re.MULTILINE))
    shown |= set(re.findall(r"^\.\. run-it:: (\S+)", text, flags=re.MULTILINE))
    own = re.findall(r"^\.\. own-program:: (\S+)", text, flags=re.MULTILINE)
    shown |= {f"own-{name}" for name in own}
    assert recorded - shown == set()


def test_a_transcript_of_a_newer_python_teaches_something_else() -> None:
    """Than the one beside which it stands, which is the newest before it."""
    newer = list(transcripts.TRANSCRIPTS.glob("*/*.txt"))
    assert newer
    for path in newer:
        shown, recordings = transcripts.TO_SHOW[path.stem], transcripts.recordings_of(path.stem)
        *older, this = (version for version in recordings if version <= feature(path.parent.name))
        assert recordings[this] == path  # by its python-version, so that is true to the folder
        before, after = (recordings[at].read_text(encoding="utf-8") for at in (older[-1], this))
        assert transcripts.taught(before, shown) != transcripts.taught(after, shown), path


def test_every_trace_is_of_the_game_on_the_page_that_shows_it() -> None:
    played = traces.traced_games()
    assert {path.stem for path in (DOCS / "_data" / "traces").glob("*.json")} == set(played)
    for name, arguments in played.items():
        text = (DOCS / "_data" / "traces" / f"{name}.json").read_text(encoding="utf-8")
        assert json.loads(text)["otherData"]["command"] == f"python -m ipc_cookbook {arguments}"


def test_every_program_is_shown() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = set(re.findall(r"programs/(\w+)\.py", text))
    assert {path.stem for path in (DOCS / "programs").glob("*.py")} == shown


def test_no_code_is_included_by_line_numbers() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r":(lines|emphasize-lines|start-line|end-line):", text), page.name


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if ">>> " in page.read_text(encoding="utf-8")],
    ids=lambda page: str(page.relative_to(DOCS)),
)
def test_examples_in_prose_do_as_they_say(page: Path) -> None:
    failed, tried = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    assert tried
    assert not failed


def test_the_transport_of_the_page_plays(
    start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "programs"))
    own = load(DOCS / "programs" / "own_transport.py")
    result = run_pingpong(own.LinesOfText(), payload=b"luggage", start_method=start_method)
    check_game(result, 50)
