"""The task farm: each task is answered, whoever comes, goes, or dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from programs import command, interrupt

from driver import Running, run

pytest.importorskip("zmq")

SAYS = "The farm is at "


@contextmanager
def farming(
    *tasks: object, lease_s: float = 30, options: Sequence[object] = ()
) -> Iterator[tuple[Running, str]]:
    """A farm with these tasks, and its address."""
    with Running(*command("zeromq_task_farm.py", "--lease", lease_s, *options)) as farm:
        farm.say("".join(f"{task}\n" for task in tasks))
        farm.close_input()
        yield farm, farm.complaint().removeprefix(SAYS)


def worker(function: str, address: str, *options: object) -> list[str]:
    return command("zeromq_task_worker.py", function, address, *options)


def test_one_worker_does_all_in_order() -> None:
    with farming(*range(50), "-1", "'x'", "no literal") as (farm, address):
        assert run(*worker("math:factorial", address)).stderr == ""
        lines = farm.end(0)[0].splitlines()
    assert lines[:4] == ["0: 1", "1: 1", "2: 2", "3: 6"]
    assert lines[49].startswith("49: 608281864")
    assert lines[50].startswith("-1: ValueError: ")
    assert lines[51].startswith("'x': TypeError: ")
    assert lines[52].startswith("no literal: SyntaxError: ")


def test_many_workers_share_the_tasks() -> None:
    with farming(*range(200)) as (farm, address):
        workers = [Running(*worker("builtins:abs", address)) for _ in range(3)]
        out, _ = farm.end(0)
        for each in workers:
            with each:
                each.end(0, 1)  # 1: it came when all was done
    assert out.splitlines() == [f"{number}: {number}" for number in range(200)]


def test_the_task_of_a_killed_worker_is_given_to_another() -> None:
    with farming("60", lease_s=1) as (farm, address):
        with Running(*worker("time:sleep", address)) as killed:
            assert farm.complaint() == "line 1 was not answered in time"
            killed.kill()
            killed.end(-signal.SIGKILL)
        run(*worker("builtins:str", address))
        assert farm.end(0)[0] == "60: '60'\n"


def test_of_two_answers_the_first_one_counts() -> None:
    with (
        farming("1.5", "0", lease_s=0.5) as (farm, address),
        Running(*worker("time:sleep", address)) as slow,
    ):
        assert farm.complaint() == "line 1 was not answered in time"
        with Running(*worker("builtins:repr", address)) as quick:
            out, _ = farm.end(0)
            quick.end(0, 1)
        slow.end(0, 1)
    assert min(out.splitlines()).startswith("0: ")
    assert "1.5: '1.5'" in out


def test_a_worker_ends_when_the_farm_is_killed() -> None:
    with farming("59") as (farm, address):
        with Running(*worker("builtins:abs", address)) as done:
            done.end(0)
        farm.end(0)
    with farming("0.1", "0.1") as (farm, address):
        with Running(*worker("time:sleep", address)) as at_work:
            farm.kill()
            assert at_work.end(1)[1] == "the farm has gone, or does not let us in\n"
        farm.is_tidy = False
        farm.end(-signal.SIGKILL)


def test_ctrl_c() -> None:
    with farming("'ready'") as (farm, address), Running(*worker("builtins:input", address)) as busy:
        busy.out.until("ready")
        interrupt(farm)
        farm.end(130)
        interrupt(busy)
        busy.end(130)


# Across hosts


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The farm's keys and one worker's, made as the page says."""
    from zmq.auth import create_certificates

    for folder in "keys", "others":
        (tmp_path / folder / "workers").mkdir(parents=True)
        for name in "farm", "worker":
            create_certificates(tmp_path / folder, name)
        (tmp_path / folder / "worker.key").rename(tmp_path / folder / "workers" / "worker.key")
    return tmp_path / "keys"


def at_any_port(keys: Path) -> tuple[object, ...]:
    return ("--listen", "tcp://127.0.0.1:*", "--keys", keys)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:*", "tcp://127.0.0.1:*", "tcp://[::]:*"])
def test_nobody_is_listened_to_without_keys(address: str) -> None:
    done = run(*command("zeromq_task_farm.py", "--listen", address), status=2)
    assert "--listen needs --keys" in done.stderr
    assert "The farm is at" not in done.stderr


def test_a_worker_that_has_the_right_keys(keys: Path) -> None:
    with farming(*range(9), options=at_any_port(keys)) as (farm, address):
        run(*worker("builtins:abs", address, "--keys", keys))
        assert farm.end(0)[0].splitlines() == [f"{number}: {number}" for number in range(9)]


def test_whoever_has_not_the_right_keys_gets_no_task(keys: Path, tmp_path: Path) -> None:
    """No keys, a key that the farm does not have, another farm's key, and no ZeroMQ at all."""
    unknown, misled = (Path(shutil.copytree(keys, tmp_path / name)) for name in ("own", "farm"))
    shutil.copy(tmp_path / "others" / "worker.key_secret", unknown)
    shutil.copy(tmp_path / "others" / "farm.key", misled)
    with farming("'a secret'", options=at_any_port(keys)) as (farm, address):
        for options in [], ["--keys", unknown], ["--keys", misled]:
            done = run(*worker("builtins:print", address, *options), status=1)
            assert (done.stdout, done.stderr) == ("", "the farm has gone, or does not let us in\n")
        host, port = address.removeprefix("tcp://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as stranger:
            stranger.sendall(b"\x01\x00\x03\x00\x35\x31")  # a message of ZMTP 1.0
            heard = b""
            with suppress(ConnectionError):
                while piece := stranger.recv(1000):
                    heard += piece
            assert b"secret" not in heard
        run(*worker("builtins:str", address, "--keys", keys))
        assert farm.end(0)[0] == "'a secret': 'a secret'\n"


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C of POSIX")
def test_ctrl_c_with_keys(keys: Path) -> None:
    with farming("1", options=at_any_port(keys)) as (farm, _):
        interrupt(farm)
        farm.end(130)
