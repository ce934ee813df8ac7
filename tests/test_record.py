"""What is recorded, and how it is noticed that a recording is stale."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import record.__main__
from record import ROOT, sources, transcripts
from record.__main__ import RECORDINGS, from_sources
from record.transcripts import Shown

NAME, PATTERN = "made-up", "folder/*.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with two sources, from which something was recorded."""
    for folder in ("folder", "docs/_data"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / "folder" / f"{name}.txt").write_text(name)
    from_sources(NAME, lambda: None, PATTERN, root=tmp_path).anew()
    return tmp_path


def test_nothing_has_changed(root: Path) -> None:
    shutil.copy(root / "folder" / "a.txt", root / "folder" / "same")
    assert sources.changes(NAME, [PATTERN], root) == []


def test_each_change_of_a_source_is_named(root: Path) -> None:
    (root / "folder" / "a.txt").write_text("another")
    (root / "folder" / "b.txt").unlink()
    (root / "folder" / "c.txt").write_text("c")
    assert sources.changes(NAME, [PATTERN], root) == [
        "folder/a.txt is not as it was",
        "folder/b.txt is gone",
        "folder/c.txt is new",
    ]


def test_what_was_never_noted_is_stale(root: Path) -> None:
    assert sources.changes("other", [PATTERN], root) != []


def test_the_command_says_what_is_stale(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = from_sources(NAME, lambda: None, PATTERN, root=root)
    monkeypatch.setattr(record.__main__, "RECORDINGS", {NAME: recording})
    monkeypatch.setattr("sys.argv", ["record"])
    assert record.__main__.main() == 0
    assert capsys.readouterr().out == f"{NAME}: as its sources are\n"
    (root / "folder" / "a.txt").write_text("another")
    assert record.__main__.main() == 1
    assert capsys.readouterr().out == f"{NAME}: stale: folder/a.txt is not as it was\n"


def test_a_source_that_changes_during_the_run_makes_it_stale(root: Path) -> None:
    source = root / "folder" / "a.txt"
    recording = from_sources(NAME, lambda: source.write_text("another"), PATTERN, root=root)
    recording.anew()
    assert recording.why_stale() == ["folder/a.txt is not as it was"]


def test_a_transcript_that_is_not_there_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "TRANSCRIPTS", tmp_path)
    assert RECORDINGS["help"].why_stale() == ["it was never recorded"]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the transcripts of two commands, of which the second one used to fail."""
    monkeypatch.setattr(transcripts, "TRANSCRIPTS", tmp_path)
    commands = {"one": "python -c 'print(1)'", "two": "python -c 'print(2)'"}
    shown = {name: Shown((command,), folder=tmp_path) for name, command in commands.items()}
    monkeypatch.setattr(transcripts, "TO_SHOW", shown)
    (tmp_path / "python-version").write_text("3.1.0\n")
    (tmp_path / "one.txt").write_text(f"$ {commands['one']}\n1\n")
    (tmp_path / "two.txt").write_text(f"$ {commands['two']}\nValueError: two\n")
    return tmp_path


THIS = ".".join(map(str, sys.version_info[:2]))


def test_what_a_newer_python_teaches_otherwise_is_recorded_beside_it(runs: Path) -> None:
    _, why_stale = transcripts.recording("two")
    assert why_stale() == ["a run shows something else"]
    transcripts.record_newer()
    assert {path.name for path in (runs / THIS).iterdir()} == {"python-version", "two.txt"}
    assert (runs / THIS / "two.txt").read_text() == "$ python -c 'print(2)'\n2\n"
    assert why_stale() == []


def test_between_two_versions_nothing_is_known(runs: Path) -> None:
    (runs / "3.1000").mkdir()
    for name in "one.txt", "two.txt":
        shutil.copy(runs / name, runs / "3.1000")
    (runs / "3.1000" / "python-version").write_text("3.1000.0")
    for name in "one", "two":
        assert transcripts.is_confirmed(name)


def test_a_python_that_is_not_newer_is_refused(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs / "python-version").write_text(f"{THIS}.99")
    monkeypatch.setattr("sys.argv", ["record", "transcripts-newest"])
    with pytest.raises(SystemExit):
        record.__main__.main()
    line = f"record it under a newer Python than the transcripts: {THIS}.99\n"
    assert capsys.readouterr().err.endswith(f"error: transcripts-newest: {line}")
    assert not (runs / THIS).exists()


OF_3_11 = """\
==> broken.py, started by fork <==
Traceback (most recent call last):
  File "broken.py", line 7, in <module>
    work()
Refused: 7
"""
OF_3_14 = """\
==> broken.py, started by forkserver <==
Traceback (most recent call last):
  File "broken.py", line 7, in <module>
    work()
    ~~~~^^
__mp_main__.Refused: 7
(left behind, and taken away: 3 x semaphore)
"""


def test_frames_and_helpers_teach_nothing() -> None:
    shown = Shown(())
    assert transcripts.taught(OF_3_11, shown) == transcripts.taught(OF_3_14, shown)
    for word, other in ("Refused", "Denied"), ("7\n(", "8\n("), ("Traceback", "Warning"):
        changed = OF_3_14.replace(word, other)
        assert transcripts.taught(OF_3_11, shown) != transcripts.taught(changed, shown)


def test_the_readme_has_the_recipes_own_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    from record import readme

    assert readme.why_stale() == []
    monkeypatch.setattr("ipc_cookbook.catalog.Recipe.reach", "nowhere")
    assert readme.why_stale() == ["the recipes have other facts"]


def test_every_source_of_a_recording_is_there() -> None:
    for name, known in sources.noted().items():
        assert name in record.__main__.RECORDINGS
        assert known
        assert all((ROOT / path).parent.is_dir() for path in known)


def test_an_unknown_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["record", "nonsense"])
    with pytest.raises(SystemExit):
        record.__main__.main()
    assert "nothing is called 'nonsense'; there are " in capsys.readouterr().err
