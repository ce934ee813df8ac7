"""Many games in a row leave nothing behind, and long ones need little memory."""

from __future__ import annotations

import gc
import json
import multiprocessing
import sys
import tracemalloc
from collections.abc import Iterator

import pytest

from driver import CODE, run
from homemade import HomemadeTransport
from ipc_cookbook import run_pingpong
from ipc_cookbook.catalog import describe
from ipc_cookbook.leftovers import Leftovers
from samples import NO_COUNT

GAMES = 10
BYTES_A_WORD = 16
MIB = 2**20
START_METHODS = [
    pytest.param(method, marks=() if method == "fork" else pytest.mark.sweep)
    for method in multiprocessing.get_all_start_methods()
]


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """What is left must not wait for Python to look for cycles."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.few
@pytest.mark.timeout(120)
@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("method", START_METHODS)
def test_nothing_is_left_of_many_games(transport: str, method: str) -> None:
    run_pingpong(transport, tokens=4, start_method=method)
    before = Leftovers.now()
    for _ in range(GAMES):
        result = run_pingpong(transport, tokens=4, start_method=method)
        assert result.keeps(describe(transport).guarantees)
    before.assert_nothing_new(collect=False)


def test_the_caller_keeps_sixteen_bytes_a_word() -> None:
    tokens = 100_000
    transport = HomemadeTransport()
    run_pingpong(transport, start_method="spawn")
    tracemalloc.start()
    try:
        result = run_pingpong(transport, tokens=tokens, start_method="spawn")
        kept, peak = tracemalloc.get_traced_memory()
        assert result.count == tokens
        assert BYTES_A_WORD * tokens <= kept < 1.1 * BYTES_A_WORD * tokens
        assert peak < 1.5 * BYTES_A_WORD * tokens

        tracemalloc.reset_peak()
        assert result.ok
        assert sum(1 for turn in result.turns if turn.player == "Ping") == tokens // 2
        assert result.turns[-1].token == tokens - 1
        assert tracemalloc.get_traced_memory()[1] < kept + 2 * tokens

        del result
        assert tracemalloc.get_traced_memory()[0] < 2 * tokens
    finally:
        tracemalloc.stop()


TEN_MILLION = """
import json, resource, sys
from ipc_cookbook import run_pingpong

def peak_bytes(whose):
    return resource.getrusage(whose).ru_maxrss * 1024

run_pingpong(sys.argv[1], start_method="spawn")
caller, players = peak_bytes(resource.RUSAGE_SELF), peak_bytes(resource.RUSAGE_CHILDREN)
result = run_pingpong(sys.argv[1], tokens=10_000_000, start_method="spawn")
print(json.dumps({
    "counts": result.counts,
    "caller": peak_bytes(resource.RUSAGE_SELF) - caller,
    "players": peak_bytes(resource.RUSAGE_CHILDREN) - players,
}))
"""


@pytest.mark.sweep
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_ten_million_tokens_fit_in_memory() -> None:
    """Where nothing crosses, so many are said soon."""
    grown = json.loads(run(*CODE, TEN_MILLION, NO_COUNT[0], limit_s=280).stdout)
    tokens = 10_000_000
    assert grown["counts"] == {"Ping": tokens, "Pong": tokens}
    assert grown["players"] < BYTES_A_WORD * tokens * 1.15 + 16 * MIB
    both_players = 2 * BYTES_A_WORD * tokens
    assert grown["caller"] < both_players * 1.15 + BYTES_A_WORD * tokens + 16 * MIB
