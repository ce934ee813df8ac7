"""The pipeline: each word is counted, a slow stage holds up the others, a dead one is named."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest
from programs import EXAMPLES, command, states_of, strike

from driver import Running, run, until
from processes import open_files

PROGRAM = "pipeline.py"
LINE = b"one two two three three three " * 30 + b"\n"
MUCH = 2**22


def counted(lines: int) -> list[str]:
    return [
        f"{word}: {30 * lines * times}" for times, word in ((3, "three"), (2, "two"), (1, "one"))
    ]


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "named pipe"
    os.mkfifo(path)
    return path


def stages(running: Running, fifo: Path) -> dict[str, int]:
    """The first one has the file open."""
    pids = running.until_started(2)
    return {"read" if str(fifo) in open_files(pid) else "split": pid for pid in pids}


def test_the_words_of_all_files(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "empty")]
    for path, text in zip(paths, ("a b c d e f", "f\nE d\n\nf.F \xff", ""), strict=True):
        path.write_text(text, encoding="latin-1")
    done = run(*command(PROGRAM, *paths))
    assert done.stdout.splitlines() == ["f: 4", "d: 2", "e: 2", "a: 1", "b: 1"]
    assert done.stderr == ""


def test_a_stopped_stage_stops_those_before_it_and_nothing_is_lost(fifo: Path) -> None:
    """They take what the pipes between them hold, and no more, however much there is."""
    with Running(*command(PROGRAM, fifo)) as running, fifo.open("wb", buffering=0) as file:
        split = stages(running, fifo)["split"]
        strike(split, signal.SIGSTOP)
        os.set_blocking(file.fileno(), False)
        written, rest = 0, b""
        while select.select([], [file], [], 0.5)[1]:
            rest = rest or LINE
            rest = rest[file.write(rest) or 0 :]
            written += not rest
            assert written * len(LINE) < MUCH
        os.kill(split, signal.SIGCONT)
        os.set_blocking(file.fileno(), True)
        while rest:
            rest = rest[file.write(rest) :]
            written += not rest
        file.close()
        out, err = running.end(0)
    assert written
    assert out.splitlines() == counted(written)
    assert err == ""


@pytest.mark.parametrize("victim", ["read", "split"])
def test_a_killed_stage_is_named_whichever_it_is(victim: str, fifo: Path) -> None:
    with Running(*command(PROGRAM, fifo)) as running, fifo.open("wb", buffering=0) as file:
        file.write(LINE)
        strike(stages(running, fifo)[victim], signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err == f"{victim} died with status -9\n"


def test_what_cannot_be_read_ends_it(tmp_path: Path) -> None:
    done = run(*command(PROGRAM, EXAMPLES / PROGRAM, tmp_path / "gone"), status=1)
    assert done.stdout == ""
    said = f"[Errno 2] No such file or directory: '{tmp_path}/gone'"
    assert done.stderr.splitlines() == [said, "read died with status 1"]


def test_a_stage_that_is_killed_in_the_middle_of_an_item_is_named(fifo: Path) -> None:
    with Running(*command(PROGRAM, fifo)) as running, fifo.open("wb", buffering=0) as file:
        found = stages(running, fifo)
        strike(found["split"], signal.SIGSTOP)
        file.write(b"word " * 2**20 + b"\n")
        file.close()
        until(lambda: {*states_of(found["read"])} == {"S"})  # the pipe is full
        strike(found["read"], signal.SIGKILL)
        os.kill(found["split"], signal.SIGCONT)
        out, err = running.end(1)
    assert out == ""
    assert err == "read died with status -9\n"
