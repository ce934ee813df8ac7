"""The downloads of the tutorial, in all their ways."""

from __future__ import annotations

import os
import random
import re
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from programs import Running, on_terminal, run

WAYS = {
    "in turn": ("download_in_turn.py",),
    "processes": ("download_processes.py",),
    "processes-spawn": ("download_processes.py", "--start-method", "spawn"),
    "threads": ("download_threads.py",),
    "thread class": ("download_thread_class.py",),
    "futures-threads": ("download_futures.py", "--by", "threads"),
    "futures-processes": ("download_futures.py", "--by", "processes"),
    "futures-spawn": ("download_futures.py", "--start-method", "spawn"),
    "asyncio": ("download_asyncio.py",),
}
FIRST, SECOND = "Pythons at home.pdf", "Beijing by night.avi"
WHO = {
    "download_in_turn.py": r"Process \d+",
    "download_processes.py": r"Process \d+",
    "download_threads.py": r"Thread Thread-\d \(fetch\)",
    "download_thread_class.py": r"Thread for-\w+",
    "download_futures.py": r"Process \d+, thread \S+",
    "download_asyncio.py": r"Task Task-\d+",
}
FAULTS = {
    "refused": r"\[Errno \d+\] Conn.*",
    "missing": r".*Not Found",
    "cut": "cut off after 100000 of 200000 bytes",
    "wrong-length": "longer than the 200000 bytes published",
    "corrupt": "not the content that was published",
    "silent": "the server has gone silent",
}


def content(name: str) -> bytes:
    """What the server has under this name."""
    return random.Random(name).randbytes(200_000)


@pytest.mark.parametrize("way", WAYS)
def test_both_arrive(way: str, tmp_path: Path) -> None:
    program, *options = WAYS[way]
    done = run(program, *options, "--seconds", 0.2, 0.3, "--into", tmp_path)
    if done.stdout.endswith(" 0.00 s at the same time.\n") and program != "download_in_turn.py":
        # on a busy machine one was over before the other could start
        done = run(program, *options, "--seconds", 3, 3.5, "--into", tmp_path)
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()

    starts = [line for line in lines if "starts" in line]
    named = {re.fullmatch(f"({WHO[program]}) starts: (.*)", line) for line in starts}
    assert {match and match[2] for match in named} == {FIRST, SECOND}
    if program != "download_in_turn.py":
        assert len({match and match[1] for match in named}) == 2

    single = {}
    for line in set(lines) - set(starts):
        match = re.fullmatch(r"(.*) is complete: 200000 bytes as published, (\d\.\d\d) s", line)
        assert match
        single[match[1]] = float(match[2])
    assert set(single) == {FIRST, SECOND}
    figures = re.fullmatch(r"Total (\S+) s for waits of (\S+) s, (\S+) s at the same time\.", last)
    assert figures
    total, waits, together = map(float, figures.groups())
    assert waits == pytest.approx(sum(single.values()), abs=0.02)
    if program == "download_in_turn.py":
        assert together == 0
        assert total >= waits - 0.02
    else:
        assert 0 < together <= min(single.values()) + 0.01

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: content(name) for name in (FIRST, SECOND)
    }


FAILING = {
    "processes": list(FAULTS),
    "asyncio": ["refused", "missing", "cut", "silent"],
    "in turn": ["cut"],
    "threads": ["cut"],
    "thread class": ["cut"],
    "futures-processes": ["cut"],
}


@pytest.mark.parametrize("way", FAILING)
def test_one_fails_and_the_other_arrives(way: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        tried = {}
        for fault in FAILING[way]:
            folder = tmp_path / fault
            folder.mkdir()
            (folder / FIRST).write_text("an older one")
            options = ["--seconds", "0", "0.1", "--patience", "1", "--into", folder]
            running = Running(*WAYS[way], *options, "--fault", fault)
            tried[fault] = folder, stack.enter_context(running)
        for fault, (folder, running) in tried.items():
            out, err = running.end(1)
            assert re.fullmatch(f"failed: {FIRST}: {FAULTS[fault]}\n", err)
            assert f"{SECOND} is complete" in out
            assert f"{FIRST} is complete" not in out
            assert sorted(path.name for path in folder.iterdir()) == [SECOND, FIRST]
            assert (folder / FIRST).read_text() == "an older one"
            assert (folder / SECOND).read_bytes() == content(SECOND)


def test_a_process_that_is_killed_does_not_take_the_other_along(tmp_path: Path) -> None:
    with Running("download_processes.py", "--seconds", 0.5, 0.5, "--into", tmp_path) as running:
        who, _, name = running.line().partition(" starts: ")
        running.line()
        pid = int(who.split()[1])
        os.kill(pid, signal.SIGKILL)
        out, err = running.end(1)
    other = {FIRST: SECOND, SECOND: FIRST}[name]
    assert err == f"failed: {name}: process {pid} was killed by SIGKILL\n"
    assert f"{other} is complete" in out
    assert [path.name for path in tmp_path.iterdir()] == [other]


def test_an_executor_gives_up_when_a_worker_is_killed(tmp_path: Path) -> None:
    with Running("download_futures.py", "--seconds", 60, 60, "--into", tmp_path) as running:
        match = re.match(r"Process (\d+)", running.line())
        assert match
        os.kill(int(match[1]), signal.SIGKILL)
        _, err = running.end(1)
    assert err == "a worker died, and with it the executor gave up all its work\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_no_half_file(tmp_path: Path) -> None:
    with Running("download_processes.py", "--seconds", 5, 5, "--into", tmp_path) as running:
        running.line()
        running.line()
        running.interrupt("group")
        running.end(130)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["processes", "threads"])
def test_a_bar_for_each_file_on_a_terminal(way: str) -> None:
    shown = on_terminal(*WAYS[way], "--seconds", 0.8, 0.9)
    for name in (FIRST, SECOND):
        percents = [int(percent) for percent in re.findall(rf"{name}: +(\d+)%", shown)]
        assert len(percents) > 2
        assert percents == sorted(percents)
        assert percents[-1] > 50
