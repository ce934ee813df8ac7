"""What has to hold of every good game, whatever carried it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ipc_cookbook import PingPongResult

IN_TURN = frozenset({"count", "order"})


def check_game(result: PingPongResult, tokens: int, guarantees: Iterable[str] = IN_TURN) -> None:
    """Look at the turns themselves, and only then at what the result says of them.

    :param guarantees: what the mechanism promises, ``"count"`` and ``"order"``.
    """
    turns = list(result.turns)
    if "count" in guarantees:
        assert sorted(turn.token for turn in turns) == list(range(tokens))
        assert result.count == result.expected == tokens
        assert sum(result.counts.values()) == tokens
    if "order" in guarantees:
        in_turn = [("Ping", "Pong")[number % 2] for number in range(tokens)]
        assert [turn.token for turn in turns] == list(range(tokens))
        assert [turn.player for turn in turns] == in_turn
        assert result.transcript == "".join(in_turn)
        assert result.counts == {"Ping": tokens - tokens // 2, "Pong": tokens // 2}
        assert result.alternates
        assert result.ok
    check_processes(result)
    assert result.payload_intact


def check_processes(result: PingPongResult) -> None:
    """Two processes, neither of them the caller's, and each says its own word only."""
    ping, pong = result.pids["Ping"], result.pids["Pong"]
    assert len({ping, pong, os.getpid()}) == 3
    assert {(turn.player, turn.pid) for turn in result.turns} <= {("Ping", ping), ("Pong", pong)}


@contextmanager
def meanwhile(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let a thread act while the block runs; the event is set when that is over."""
    over = threading.Event()
    thread = threading.Thread(target=act, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
