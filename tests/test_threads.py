"""Games in threads, alone and at once: none is in another one's way."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from checks import check_game, meanwhile
from faulty import FaultyTransport
from homemade import PipeOf
from ipc_cookbook import PingPongResult, PingPongTimeout, PlayerDied, Transport, run_pingpong
from ipc_cookbook.catalog import describe
from ipc_cookbook.leftovers import Leftovers
from samples import ONE_MESSAGE, OTHER, PLAIN

DEADLINE_S = 1.0


class Played(threading.Thread):
    """A game in a thread of its own. ``result()`` waits for it."""

    def __init__(self, transport: str | Transport, start_method: str, tokens: int = 50) -> None:
        super().__init__()
        self.arguments = (transport, start_method, tokens)
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        transport, start_method, tokens = self.arguments
        try:
            self.played = run_pingpong(transport, tokens=tokens, start_method=start_method)
        except Exception as error:
            self.error = error

    def result(self) -> PingPongResult:
        self.join()
        if self.error:
            raise self.error
        return self.played


@pytest.mark.few
def test_a_game_in_another_thread(transport: str, start_method: str) -> None:
    check_game(Played(transport, start_method).result(), 50, describe(transport).guarantees)


def test_a_game_in_a_thread_pool(start_method: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run_pingpong, PLAIN, start_method=start_method).result()
    check_game(result, 50)


@pytest.mark.sampled
def test_games_at_once_do_not_disturb_each_other(start_method: str) -> None:
    for _ in range(3):
        for game in [Played(name, start_method) for name in (PLAIN, OTHER, ONE_MESSAGE)]:
            check_game(game.result(), 50)


def test_a_death_in_one_game_is_none_in_another(start_method: str) -> None:
    deadly = FaultyTransport(PLAIN, player="Pong", word=2, fault="kill")
    good, bad = Played(PLAIN, start_method, tokens=500), Played(deadly, start_method)
    with pytest.raises(PlayerDied):
        bad.result()
    check_game(good.result(), 500)


@pytest.mark.sampled
def test_a_slow_opening_keeps_no_other_game_past_its_deadline(start_method: str) -> None:
    """The other may be played meanwhile, or give up in time."""
    is_opening, may_open = threading.Event(), threading.Event()

    def open_slowly(_: int) -> None:
        is_opening.set()
        may_open.wait(timeout=10)

    first = Played(PipeOf(before=open_slowly), start_method)
    is_opening.wait()
    began_s = time.monotonic()
    with suppress(PingPongTimeout):
        check_game(run_pingpong(PLAIN, start_method=start_method, timeout=DEADLINE_S), 50)
    assert time.monotonic() - began_s < 5
    may_open.set()
    check_game(first.result(), 50)


def test_another_thread_may_reap_the_players() -> None:
    """As it does with every process that it starts."""

    def reap(over: threading.Event) -> None:
        while not over.is_set():
            multiprocessing.active_children()

    with meanwhile(reap):
        for _ in range(20):
            deadly = FaultyTransport(PLAIN, player="Ping", word=1, fault="kill")
            with pytest.raises(PlayerDied):
                run_pingpong(deadly, start_method="fork")


@pytest.mark.few
def test_an_error_that_is_kept_keeps_nothing_else(transport: str, start_method: str) -> None:
    before = Leftovers.now()
    game = Played(FaultyTransport(transport, player="Ping", word=1, fault="kill"), start_method)
    game.join()
    assert isinstance(game.error, PlayerDied)
    before.assert_nothing_new()
