"""The task farm: each task is answered, whoever comes, goes, or dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from programs import command

from driver import Running, run

pytest.importorskip("zmq")

SAYS = "The farm is at "


@contextmanager
def farming(*tasks: object, lease_s: float = 30) -> Iterator[tuple[Running, str]]:
    """A farm with these tasks, and its address."""
    with Running(*command("zeromq_task_farm.py", "--lease", lease_s)) as farm:
        farm.say("".join(f"{task}\n" for task in tasks))
        farm.close_input()
        yield farm, farm.complaint().removeprefix(SAYS)


def worker(function: str, address: str) -> list[str]:
    return command("zeromq_task_worker.py", function, address)


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
            assert at_work.end(1)[1] == "the farm has gone\n"
        farm.is_tidy = False
        farm.end(-signal.SIGKILL)


def test_ctrl_c() -> None:
    with farming("'ready'") as (farm, address), Running(*worker("builtins:input", address)) as busy:
        busy.out.until("ready")
        farm.interrupt()
        farm.end(130)
        busy.interrupt()
        busy.end(130)
