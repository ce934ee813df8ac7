"""A player or a helper that is stuck meets the deadline, and the error says how far they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

import pytest

from checks import check_game
from faulty import FaultyTransport, StuckServerTransport
from ipc_cookbook import PingPongError, PingPongTimeout, leftovers, run_pingpong
from ipc_cookbook.transport import End
from samples import PLAIN

DEADLINE_S = 1.0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fault", "player", "word", "progress"),
    [
        ("stop", "Ping", 12, r"Ping had said 12\b.*, Pong had said 11\b"),
        ("sleep", "Pong", 12, r"Ping had said 12\b.*, Pong had said 12\b"),
    ],
    ids=["stop", "sleep"],
)
def test_a_player_that_is_stuck_meets_the_deadline(
    start_method: str, fault: str, player: str, word: int, progress: str
) -> None:
    transport = FaultyTransport(PLAIN, player=player, word=word, fault=fault)
    before = sorted(leftovers.processes())
    with pytest.raises(PingPongTimeout, match=progress) as caught:
        run_pingpong(transport, start_method=start_method, timeout=DEADLINE_S)
    assert sorted(leftovers.processes()) == before
    assert f"after {DEADLINE_S:g} s" in str(caught.value)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, PingPongError)


def test_a_deadline_that_has_already_passed(start_method: str) -> None:
    with pytest.raises(PingPongTimeout, match=r"Ping .*, Pong .*"):
        run_pingpong(PLAIN, delay=600, start_method=start_method, timeout=0)


def test_no_deadline_is_allowed() -> None:
    check_game(run_pingpong(PLAIN, timeout=None), 50)


class HelpedTransport:
    """A pipe, and a process beside it that has to be told when it is over."""

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        ping, pong = context.Pipe()
        told, tell = context.Pipe(duplex=False)
        helper: BaseProcess = context.Process(target=told.recv_bytes)  # type: ignore[attr-defined]
        with ping, pong, told, tell:
            helper.start()
            yield ping, pong
            tell.send_bytes(b"")
            helper.join()


def test_a_helper_beside_the_players(start_method: str) -> None:
    check_game(run_pingpong(HelpedTransport(), start_method=start_method), 50)


@pytest.mark.sampled
def test_a_helper_that_is_stuck_as_it_closes_meets_the_deadline(start_method: str) -> None:
    transport = StuckServerTransport(HelpedTransport())
    before = sorted(leftovers.processes())
    with pytest.raises(PingPongTimeout, match="the transport was still closing"):
        run_pingpong(transport, tokens=2, start_method=start_method, timeout=2 * DEADLINE_S)
    assert sorted(leftovers.processes()) == before
