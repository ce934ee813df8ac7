"""Every mechanism plays the game under every start method, and keeps what it promises."""

from __future__ import annotations

import multiprocessing
import os
import stat
import tempfile
from pathlib import Path

import pytest

from checks import check_game, check_processes
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import describe, load
from ipc_cookbook.testing import check_transport
from samples import NO_COUNT, NO_ORDER, PLAIN


def test_it_keeps_its_promises(transport: str, start_method: str) -> None:
    check_transport(
        load(transport),
        start_methods=[start_method],
        guarantees=describe(transport).guarantees,
        payloads=(0, 1, 2**20),
    )


def test_fifty_words(transport: str, start_method: str) -> None:
    result = run_pingpong(transport, start_method=start_method)
    check_game(result, 50, describe(transport).guarantees)
    assert (result.transport, result.start_method) == (transport, start_method)


@pytest.mark.parametrize("name", NO_COUNT)
def test_a_mechanism_that_shares_nothing_gives_each_player_all_the_words(
    name: str, start_method: str
) -> None:
    result = run_pingpong(name, start_method=start_method)
    assert result.count == 100
    assert result.counts == {"Ping": 50, "Pong": 50}
    for player in "Ping", "Pong":
        tokens = [turn.token for turn in result.turns if turn.player == player]
        assert tokens == list(range(50))
    check_processes(result)
    assert not result.ok


@pytest.mark.parametrize("name", NO_COUNT)
def test_a_mechanism_that_shares_nothing_loses_the_payload(name: str, start_method: str) -> None:
    result = run_pingpong(name, payload=b"luggage", start_method=start_method)
    assert not result.payload_intact
    assert result.count == 100


@pytest.mark.parametrize("name", NO_ORDER)
def test_without_order_each_word_is_said_once_whoever_says_it(name: str, start_method: str) -> None:
    results = [run_pingpong(name, start_method=start_method) for _ in range(3)]
    assert [result.count for result in results] == [50, 50, 50]
    assert all(result.every_token_once for result in results)


def test_a_delay_is_kept_after_every_word(start_method: str) -> None:
    result = run_pingpong(PLAIN, tokens=6, delay=0.02, start_method=start_method)
    check_game(result, 6)
    assert min(result.round_trips_ns) >= 20_000_000


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_kind_of_bytes_is_a_payload(kind: type) -> None:
    check_game(run_pingpong(PLAIN, payload=kind(b"luggage")), 50)


@pytest.mark.skipif(os.name != "posix", reason="folders have no owners' permissions here")
def test_its_temporary_files_are_the_owners_alone_and_go_away(transport: str) -> None:
    temporary = Path(tempfile.gettempdir())
    before, umask = set(temporary.iterdir()), os.umask(0)
    try:
        with load(transport).open_pair(multiprocessing.get_context("spawn"), 0):
            made = set(temporary.iterdir()) - before
            assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in made} <= {0}
    finally:
        os.umask(umask)
    assert not any(each.exists() for each in made)
