"""Every mechanism plays the game under every start method."""

from __future__ import annotations

import random

import pytest

from checks import check_game, check_processes
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import describe

NO_PAYLOAD = {"global"}


def guarantees_of(transport: str) -> frozenset[str]:
    return describe(transport).guarantees


def test_fifty_words(transport: str, start_method: str) -> None:
    result = run_pingpong(transport, start_method=start_method)
    check_game(result, 50, guarantees_of(transport))
    assert (result.transport, result.start_method) == (transport, start_method)


@pytest.mark.sampled
@pytest.mark.parametrize("tokens", [0, 1])
def test_other_numbers_of_words(transport: str, start_method: str, tokens: int) -> None:
    result = run_pingpong(transport, tokens=tokens, start_method=start_method)
    check_game(result, tokens, guarantees_of(transport))


@pytest.mark.sampled
@pytest.mark.parametrize("size", [1, 2**20], ids=["1 byte", "1 MiB"])
def test_the_payload_comes_back_intact(transport: str, start_method: str, size: int) -> None:
    payload = random.Random(size).randbytes(size)
    if transport in NO_PAYLOAD:
        with pytest.raises(ValueError, match="payload"):
            run_pingpong(transport, payload=payload, start_method=start_method)
        return
    result = run_pingpong(transport, payload=payload, tokens=9, start_method=start_method)
    check_game(result, 9, guarantees_of(transport))


def test_a_global_variable_gives_each_player_all_the_words(start_method: str) -> None:
    result = run_pingpong("global", start_method=start_method)
    assert result.count == 100
    assert result.counts == {"Ping": 50, "Pong": 50}
    for word in "Ping", "Pong":
        tokens = [turn.token for turn in result.turns if turn.word == word]
        assert tokens == list(range(50))
    check_processes(result)
    assert not result.ok


def test_one_queue_says_each_word_once_whoever_says_it(start_method: str) -> None:
    results = [run_pingpong("one-queue", start_method=start_method) for _ in range(3)]
    assert [result.count for result in results] == [50, 50, 50]
    assert all(result.every_token_once for result in results)


def test_a_delay_is_kept_after_every_word(start_method: str) -> None:
    result = run_pingpong("pipe", tokens=6, delay=0.02, start_method=start_method)
    check_game(result, 6)
    assert min(result.round_trips_ns) >= 20_000_000


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_kind_of_bytes_is_a_payload(kind: type) -> None:
    check_game(run_pingpong("pipe", payload=kind(b"luggage")), 50)
