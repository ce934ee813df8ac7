"""What all programs have in common: help, one line for a mistake, and how they end."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from programs import EXAMPLES, Running, command, on_terminal, until

SHARED = {"command_line.py", "downloading.py", "framed_handler.py", "leases.py", "workers.py"}
PROGRAMS = sorted({path.name for path in EXAMPLES.glob("*.py")} - SHARED)
PAGES = Path(__file__).parents[2] / "docs" / "examples"

# What cannot be, and how the message begins.
MISTAKES = {
    "download_asyncio.py": (["--seconds", "2", "1"], "argument --seconds: LOW"),
    "download_futures.py": (["--by", "hand"], "argument --by: invalid choice"),
    "download_in_turn.py": (["--into", "/nowhere"], "argument --into: there is no folder"),
    "download_processes.py": (["--start-method", "teleport"], "argument --start-method: invalid"),
    "download_threads.py": (["--fault", "none"], "argument --fault: invalid choice"),
    "manager_scoreboard.py": (["--key", "/nowhere/key"], "argument --key: [Errno 2]"),
    "pingpong_global.py": (["--pause", "-1"], "argument --pause: a number from 0.0 to 60.0"),
    "pingpong_one_queue.py": (["--wait", "sleep"], "argument --wait: invalid choice"),
    "pipe_time_limit.py": (["math:nothing", "1"], "argument MODULE:FUNCTION: module 'math' has"),
    "queue_checksums.py": ([__file__], "argument FOLDER: there is no folder"),
    "record_luck.py": (["--output", "/nowhere/x"], "argument --output: /nowhere/x cannot"),
    "slow_server.py": (["--seconds", "1"], "argument --seconds: expected 2"),
    "socket_log_collector.py": (["x", "--to", "127.0.0.1:1"], "either FILE or --to"),
    "value_counter.py": (["--workers", "0"], "argument --workers: a whole number from 1 to 256"),
    "zeromq_task_farm.py": (["math:sin", "/nowhere"], "argument FILE: [Errno 2]"),
    "zeromq_task_worker.py": (["math:sin"], "the following arguments are required: ADDRESS"),
}

# What keeps each program busy for long, and how many processes it then has.
LONG = {
    "download_asyncio.py": (["--seconds", "60", "60"], 1),
    "download_futures.py": (["--seconds", "60", "60"], 3),
    "download_in_turn.py": (["--seconds", "60", "60"], 1),
    "download_processes.py": (["--seconds", "60", "60"], 3),
    "download_thread_class.py": (["--seconds", "60", "60"], 1),
    "download_threads.py": (["--seconds", "60", "60"], 1),
    "manager_scoreboard.py": (["--key", "KEY", "--pause", "60"], 4),
    "pingpong_global.py": (["--pause", "60"], 2),
    "pingpong_one_queue.py": (["--pause", "60"], 2),
    "pipe_time_limit.py": (["time:sleep", "60", "--limit", "60"], 1),
    "queue_checksums.py": (["FOLDER", "--workers", "3"], 3),
    "value_counter.py": (["--workers", "3", "--each", str(10**9)], 3),
    "zeromq_task_farm.py": (["time:sleep", "NUMBERS"], 2),
}
WITHOUT_PROCESSES = {  # but for the server
    "download_asyncio.py",
    "download_in_turn.py",
    "download_thread_class.py",
    "download_threads.py",
}
WITH_PROCESSES = [program for program in LONG if program not in WITHOUT_PROCESSES]
WHO_HAS_THEM = [  # each has its processes from somebody else: an executor, a manager, ...
    "download_futures.py",
    "manager_scoreboard.py",
    "pingpong_global.py",
    "pipe_time_limit.py",
    "value_counter.py",
]


@pytest.fixture
def things(tmp_path: Path) -> dict[str, str]:
    """What the placeholders of ``LONG`` stand for."""
    key, folder, numbers = tmp_path / "key", tmp_path / "folder", tmp_path / "numbers"
    key.touch(mode=0o600)
    key.write_text("secret")
    folder.mkdir()
    for number in range(3):
        with (folder / f"endless {number}").open("wb") as file:
            file.truncate(2**41)
    numbers.write_text("60\n" * 2)
    return {"KEY": str(key), "FOLDER": str(folder), "NUMBERS": str(numbers)}


def start(program: str, things: dict[str, str], *more: str, **environment: str) -> Running:
    arguments, _ = LONG[program]
    return Running(program, *(things.get(each, each) for each in arguments), *more, **environment)


def test_help_is_the_docstring_and_the_options() -> None:
    with ExitStack() as stack:
        asked = {program: stack.enter_context(Running(program, "--help")) for program in PROGRAMS}
        for program, each in asked.items():
            shown, err = each.end(0)
            docstring = ast.get_docstring(ast.parse((EXAMPLES / program).read_text()))
            assert docstring is not None
            assert docstring in shown
            assert f"python examples/{program}" in docstring
            assert "-h, --help" in shown
            assert err == ""


def test_a_mistake_is_one_line_that_names_the_argument() -> None:
    with ExitStack() as stack:
        for program, (arguments, message) in MISTAKES.items():
            out, err = stack.enter_context(Running(program, *arguments)).end(2)
            assert out == ""
            assert err.startswith(f"{program}: error: {message}")
            assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("programs", "whom"), [(list(LONG), "group"), (WHO_HAS_THEM, "parent")], ids=["group", "parent"]
)
def test_ctrl_c(programs: list[str], whom: str, things: dict[str, str]) -> None:
    with ExitStack() as stack:
        running = {program: stack.enter_context(start(program, things)) for program in programs}
        for program, each in running.items():
            each.until_started(LONG[program][1])
            if program.startswith("download"):
                assert "starts" in each.line()
            each.interrupt(whom)
        for program, each in running.items():
            _, err = each.end(130)
            allowed = ("failed: ", "The scoreboard is at ", "The farm is at ")
            assert all(line.startswith(allowed) for line in err.splitlines()), (program, err)


@pytest.mark.parametrize(
    ("program", "method"),
    [
        ("pingpong_one_queue.py", "spawn"),
        ("queue_checksums.py", "forkserver"),
        ("value_counter.py", "spawn"),
    ],
)
def test_ctrl_c_while_the_workers_begin(program: str, method: str, things: dict[str, str]) -> None:
    """It comes when they have been started, and are busy importing."""
    with start(program, things, "--start-method", method) as running:
        children = {"spawn": LONG[program][1], "forkserver": 1}[method] + 1  # the resource tracker
        until(lambda: len(running.children()) >= children)
        running.interrupt("group")
        _, err = running.end(130)
        # the resource tracker may have something to say about semaphores that are gone
        assert "KeyboardInterrupt" not in err


def test_nobody_outlives_a_killed_program(things: dict[str, str], tmp_path: Path) -> None:
    """The fixture for leftovers looks for the processes."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(start(program, things, TMPDIR=str(tmp_path)))
            for program in WITH_PROCESSES
        ]
        for program, each in zip(WITH_PROCESSES, running, strict=True):
            each.until_started(LONG[program][1])
            each.popen.kill()
        for each in running:
            each.end(-signal.SIGKILL)


@pytest.mark.parametrize("program", ["download_processes.py", "zeromq_task_farm.py"])
def test_a_terminated_program_removes_its_folder(program: str, things: dict[str, str]) -> None:
    with start(program, things) as running:
        running.until_started(LONG[program][1])
        running.popen.terminate()
        running.end(143)


QUICK = ["--seconds", "0.1", "0.1"]


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("queue_checksums.py", [str(EXAMPLES)]),
        ("pipe_time_limit.py", ["math:sin", "1", "2"]),
        ("download_threads.py", QUICK),
    ],
)
def test_nobody_reads_the_output(program: str, arguments: list[str]) -> None:
    receiver, sender = os.pipe()
    os.close(receiver)
    done = subprocess.run(
        command(program, *arguments), stdout=sender, stderr=subprocess.PIPE, check=False
    )
    os.close(sender)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("pipe_time_limit.py", ["math:sin", "1"]),
        ("download_threads.py", QUICK),
        ("download_processes.py", QUICK),
    ],
)
def test_no_room_for_the_output(program: str, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(program, *arguments), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"[Errno 28] No space left on device\n")


BARS = {
    "manager_scoreboard.py": (["--key", "KEY", "--pause", "0.01"], r"/60 \[.*points"),
    "pipe_time_limit.py": (["time:sleep", "0", "0.2"], r"2/2 \[.*calls"),
    "queue_checksums.py": ([str(EXAMPLES)], r"(\d+)/\1 \[.*files"),
    "value_counter.py": ([], r"200000/200000 \[.*units"),
    "zeromq_task_farm.py": (["math:sqrt", "-"], r"3/3 \[.*tasks"),
}


@pytest.mark.parametrize("program", BARS)
def test_a_bar_on_a_terminal(program: str, things: dict[str, str]) -> None:
    arguments, bar = BARS[program]
    arguments = [things.get(each, each) for each in arguments]
    assert re.search(bar, on_terminal(program, *arguments, stdin="1\n2\n3\n"))


def test_without_tqdm_there_is_a_hint_instead_of_a_bar(tmp_path: Path) -> None:
    (tmp_path / "tqdm.py").write_text("raise ImportError")
    shown = on_terminal("value_counter.py", "--each", 1, PYTHONPATH=str(tmp_path))
    assert shown == "\r\x1b[Jprogress bars need tqdm: python -m pip install tqdm\r\n"


def test_every_program_is_on_a_page() -> None:
    text = "".join(path.read_text() for path in PAGES.glob("*.rst"))
    for name in [*PROGRAMS, *SHARED]:
        assert f"literalinclude:: ../../examples/{name}\n" in text
