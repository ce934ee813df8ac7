"""What all programs have in common: they are complete in one file, short, and on a page."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from programs import EXAMPLES, PROGRAMS, command, interrupt
from stuck import HERE

from driver import Running, run, until

PAGES = [Path(__file__).parents[2] / "docs" / folder for folder in ("examples", "patterns")]
LONGEST = 90

# What keeps each program with processes of its own busy for long, and how many there are.
LONG = {
    "back_pressure.py": (["ENDLESS"], 1),
    "fan_out_fan_in.py": ([str(10**12), "--workers", "3"], 3),
    "graceful_shutdown.py": (["--grace", "0", "time:sleep", "60", "60"], 2),
    "manager_scoreboard.py": (["KEY", "--pause", "60"], 4),
    "pingpong_global.py": (["--pause", "60"], 2),
    "pingpong_one_queue.py": (["--pause", "60"], 2),
    "pipe_time_limit.py": (["--limit", "60", "time:sleep", "60"], 1),
    "pipeline.py": (["FIFO"], 2),
    "process_patterns.py": (["60", "60"], 2),
    "publish_subscribe.py": (["/dev/stdin", "one", "two"], 2),
    "queue_checksums.py": (["FOLDER", "--workers", "3"], 3),
    "request_reply.py": ([str(2**127 - 1)], 1),
    "shared_array.py": (["stuck:for_ever"], 2),
    "supervision.py": (["time:sleep", "60", "60"], 2),
    "value_counter.py": (["--workers", "3", "--each", str(10**9)], 3),
}
MISTAKES = {
    "back_pressure.py": [],
    "dask_checksums.py": [],
    "fan_out_fan_in.py": ["x"],
    "graceful_shutdown.py": ["time:sleep", "x"],
    "json_lines_awk.py": ["--each", "x"],
    "manager_scoreboard.py": [],
    "mpi_scatter_gather.py": [],
    "nats_work_queue.py": ["math:sqrt", "--ack-wait", "x"],
    "pingpong_global.py": ["--pause", "x"],
    "pingpong_one_queue.py": ["--wait", "sleep"],
    "pipe_time_limit.py": ["math:sqrt", "no literal"],
    "pipeline.py": [],
    "publish_subscribe.py": ["x"],
    "queue_checksums.py": [],
    "redis_stream_workers.py": ["math:sqrt", "--workers", "x"],
    "request_reply.py": ["x"],
    "shared_array.py": ["numpy:sqrt", "--size", "x"],
    "socket_log_collector.py": [],
    "supervision.py": ["time:sleep", "x"],
    "value_counter.py": ["--workers", "x"],
    "zeromq_task_farm.py": ["--lease", "x"],
    "zeromq_task_worker.py": ["math:sqrt"],
}


@pytest.fixture
def things(tmp_path: Path) -> dict[str, str]:
    """What the placeholders of ``LONG`` stand for."""
    key, folder = tmp_path / "key", tmp_path / "folder"
    key.touch(mode=0o600)
    key.write_text("secret")
    os.mkfifo(tmp_path / "named pipe")
    folder.mkdir()
    for number in range(3):
        with (folder / f"endless {number}").open("wb") as file:
            file.truncate(2**41)
    return {
        "KEY": str(key),
        "FOLDER": str(folder),
        "ENDLESS": str(folder / "endless 0"),
        "FIFO": str(tmp_path / "named pipe"),
    }


def start(program: str, things: dict[str, str]) -> Running:
    arguments, _ = LONG[program]
    words = command(program, *(things.get(each, each) for each in arguments))
    return Running(*words, env=HERE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_short_and_needs_no_other(program: str) -> None:
    source = (EXAMPLES / program).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST
    others = {Path(each).stem for each in PROGRAMS} | {"ipc_cookbook"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert others.isdisjoint(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in others


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_on_a_page(program: str) -> None:
    pages = [page for folder in PAGES for page in folder.glob("*.rst")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert f"literalinclude:: ../../examples/{program}\n" in text


@pytest.mark.part
@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_the_docstring_and_the_options(program: str, tmp_path: Path) -> None:
    docstring = ast.get_docstring(ast.parse((EXAMPLES / program).read_text(encoding="utf-8")))
    assert docstring is not None
    shown = run(*command(program, "--help"), cwd=tmp_path).stdout
    assert docstring in shown
    assert "-h, --help" in shown


@pytest.mark.parametrize("program", MISTAKES)
def test_a_mistake_is_named(program: str) -> None:
    done = run(*command(program, *MISTAKES[program]), status=2)
    assert done.stdout == ""
    assert f"{program}: error: " in done.stderr


def ignores_ctrl_c(pid: int) -> bool:
    """Before that, a process that begins would show a traceback of its own."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored >> (signal.SIGINT - 1) & 1)


@pytest.mark.part
@pytest.mark.parametrize("whom", ["group", "parent"])
@pytest.mark.parametrize("program", LONG)
def test_ctrl_c(program: str, whom: str, things: dict[str, str]) -> None:
    with start(program, things) as running:
        workers = running.until_started(LONG[program][1])
        until(lambda: all(map(ignores_ctrl_c, workers)))
        interrupt(running, whom)
        _, err = running.end(130)
        assert all(line.startswith("The scoreboard is at ") for line in err.splitlines())


INTERRUPTED_AS_IT_MAKES_A_SOCKET = """
import runpy, signal, sys, zmq
def socket(context, kind):
    half_made = zmq.Socket(context, kind)
    signal.raise_signal(signal.SIGINT)
    return half_made  # where Ctrl-C is ignored
zmq.Context.socket = socket
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
WITH_SOCKETS = {
    "publish_subscribe.py": ["/dev/null", "x"],
    "zeromq_task_farm.py": [],
    "zeromq_task_worker.py": ["math:sqrt", "ipc://x"],
}


@pytest.mark.parametrize("program", WITH_SOCKETS)
def test_ctrl_c_as_a_socket_is_made(program: str) -> None:
    """A context that is terminated waits for ever for one that its program has lost."""
    python, *words = command(program, *WITH_SOCKETS[program])
    assert run(python, "-c", INTERRUPTED_AS_IT_MAKES_A_SOCKET, *words[1:], status=130).stderr == ""


def test_nobody_outlives_a_killed_program(things: dict[str, str]) -> None:
    """The fixture for leftovers looks for the processes."""
    with ExitStack() as stack:
        running = [stack.enter_context(start(program, things)) for program in LONG]
        for program, each in zip(LONG, running, strict=True):
            each.until_started(LONG[program][1])
            each.kill()
        for each in running:
            each.end(-signal.SIGKILL)  # once nobody has its output open any more


SHORT = {
    "back_pressure.py": [str(EXAMPLES / "back_pressure.py")],
    "fan_out_fan_in.py": ["50000"],
    "graceful_shutdown.py": ["math:factorial", "5", "20"],
    "json_lines_awk.py": [],
    "pipe_time_limit.py": ["math:sqrt", "4"],
    "pipeline.py": [str(EXAMPLES / "pipeline.py")],
    "pingpong_global.py": ["--pause", "0"],
    "pingpong_one_queue.py": ["--pause", "0", "--wait", "join"],
    "process_patterns.py": ["0", "0"],
    "publish_subscribe.py": [str(EXAMPLES / "publish_subscribe.py"), "zmq"],
    "queue_checksums.py": [str(EXAMPLES / "own")],
    "request_reply.py": ["91", "97"],
    "shared_array.py": ["numpy:sqrt", "--size", "9"],
    "supervision.py": ["time:sleep", "0", "0"],
    "threads_share_memory.py": [],
    "value_counter.py": ["--each", "10"],
}


@pytest.mark.part
@pytest.mark.parametrize("program", SHORT)
def test_standard_output_is_closed(program: str, tmp_path: Path) -> None:
    words = [*command(program, *SHORT[program])]
    run("sh", "-c", 'exec "$@" >&-', "sh", *words, cwd=tmp_path, stdout=subprocess.DEVNULL)


@pytest.mark.part
@pytest.mark.parametrize("program", SHORT)
def test_nobody_reads_the_output(program: str) -> None:
    """It ends soon, and leaves nothing; what it says of it is Python's."""
    receiver, sender = os.pipe()
    os.close(receiver)
    with open(sender, "wb") as nobody:
        run(
            *command(program, *SHORT[program]),
            stdout=nobody,
            status=(0, 1, 120),
            traceback=None,
        )


METHOD = """
import multiprocessing, runpy, sys

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.part
@pytest.mark.sampled
@pytest.mark.parametrize("program", [each for each in SHORT if not each.startswith("pingpong")])
def test_other_start_methods(program: str, start_method: str, tmp_path: Path) -> None:
    """As if the method were the platform's default."""
    starter = tmp_path / "starter.py"
    starter.write_text(METHOD)
    usual = run(*command(program, *SHORT[program])).stdout
    words = [sys.executable, starter, start_method, EXAMPLES / program, *SHORT[program]]
    said = run(*words).stdout
    assert len(said.splitlines()) == len(usual.splitlines())
