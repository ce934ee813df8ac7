"""Not a word out of turn: under load, on one CPU, and stopped and continued at random."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

import pytest

from checks import check_game, meanwhile
from faulty import with_helpers
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import MODULES, describe
from ipc_cookbook.leftovers import parent_of, process_ids
from samples import PLAIN, skip_unless_here

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="affinity and /proc of Linux")

GAMES = pytest.mark.parametrize("games", [3, pytest.param(1000, marks=pytest.mark.sweep)])


def burn() -> None:
    while True:
        pass


@contextmanager
def load() -> Iterator[None]:
    """Twice as many busy processes as there are CPUs."""
    context = multiprocessing.get_context("spawn")
    busy = [context.Process(target=burn, daemon=True) for _ in range(2 * (os.cpu_count() or 1))]
    for process in busy:
        process.start()
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.join()
            process.close()


@contextmanager
def one_cpu() -> Iterator[None]:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def storm(seed: int) -> Iterator[None]:
    """Stop this process's children at random moments, and let each go on at once."""
    spared = set(process_ids())
    chance = random.Random(seed)

    def blow(over: threading.Event) -> None:
        while not over.wait(chance.uniform(0, 0.002)):
            children = [pid for pid in process_ids() if parent_of(pid) == os.getpid()]
            for pid in set(children) - spared:
                try:
                    os.kill(pid, signal.SIGSTOP)
                    over.wait(chance.uniform(0, 0.001))
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass

    with meanwhile(blow):
        yield


def play(transport: str, games: int) -> None:
    for _ in range(games):
        result = run_pingpong(transport, start_method="fork", timeout=120)
        check_game(result, 50, describe(transport).guarantees)


@pytest.mark.few
@GAMES
@pytest.mark.timeout(900)
def test_under_load(transport: str, games: int) -> None:
    with load():
        play(transport, games)


@pytest.mark.few
@GAMES
@pytest.mark.timeout(900)
def test_on_one_cpu(transport: str, games: int) -> None:
    with one_cpu():
        play(transport, games)


@pytest.mark.few
@GAMES
@pytest.mark.timeout(900)
def test_in_a_storm_of_stops(transport: str, games: int) -> None:
    with storm(seed=games):
        play(transport, games)


@pytest.mark.parametrize(
    "recipe",
    [name if name == PLAIN else pytest.param(name, marks=pytest.mark.sweep) for name in MODULES],
)
def test_the_caller_waits_and_does_not_poll(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_unless_here(recipe)
    wakings = 0

    def counting_wait(*args: Any, **kwargs: Any) -> list[Any]:
        nonlocal wakings
        wakings += 1
        return wait(*args, **kwargs)

    wait = connection.wait
    monkeypatch.setattr("ipc_cookbook.crew.crew.wait", counting_wait)
    cpu_before_s, before_s = time.process_time(), time.perf_counter()
    run_pingpong(recipe, start_method="fork", tokens=20, delay=0.05)
    cpu_s, elapsed_s = time.process_time() - cpu_before_s, time.perf_counter() - before_s
    assert wakings < 20
    assert cpu_s < 0.2 * elapsed_s  # a loop that looks takes all of it


def test_the_caller_does_not_poll_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    for recipe in with_helpers():
        test_the_caller_waits_and_does_not_poll(recipe, monkeypatch)
