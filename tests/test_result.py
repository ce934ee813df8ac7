"""What a result says of a game, good and bad ones made by hand among them."""

from __future__ import annotations

import pickle
from array import array
from itertools import pairwise
from typing import Any

import pytest

from driver import CODE, run
from faulty import TamperingTransport
from ipc_cookbook import PingPongResult, Turn, run_pingpong
from ipc_cookbook.game.turns import Account
from samples import PLAIN

Said = list[tuple[int, int]]
"""Token, and when its word was said."""

PING, PONG, CALLER = 101, 102, 100


def game(
    ping: Said,
    pong: Said,
    expected: int | None = None,
    pids: tuple[int, int] = (PING, PONG),
    intact: tuple[bool, bool] = (True, True),
) -> PingPongResult:
    def account(number: int, said: Said) -> Account:
        tokens = array("q", [token for token, _ in said])
        at_ns = array("q", [at for _, at in said])
        cpu_s = 0.5 + number
        return Account(("Ping", "Pong")[number], pids[number], cpu_s, intact[number], tokens, at_ns)

    return PingPongResult(
        transport="handmade",
        start_method="fork",
        expected=len(ping) + len(pong) if expected is None else expected,
        elapsed_s=1.0,
        accounts=[account(0, ping), account(1, pong)],
        caller_pid=CALLER,
        called_at_ns=0,
    )


GOOD = game([(0, 1000), (2, 1300), (4, 1700)], [(1, 1100), (3, 1500)])
TURNS = [
    Turn(0, "Ping", PING, 1000),
    Turn(1, "Pong", PONG, 1100),
    Turn(2, "Ping", PING, 1300),
    Turn(3, "Pong", PONG, 1500),
    Turn(4, "Ping", PING, 1700),
]


def test_turns_are_a_sequence_in_the_order_they_were_said() -> None:
    turns = GOOD.turns
    assert list(turns) == TURNS
    assert len(turns) == 5
    assert [turns[index] for index in range(-5, 5)] == TURNS + TURNS
    assert turns[1:4] == TURNS[1:4]
    assert turns[::-2] == TURNS[::-2]
    assert list(reversed(turns)) == TURNS[::-1]
    assert TURNS[3] in turns
    assert turns.index(TURNS[3]) == 3
    assert (turns[0].token, turns[0].word, turns[0].pid, turns[0].at_ns) == (0, "Ping", PING, 1000)


@pytest.mark.parametrize("index", [5, -6])
def test_turns_end_somewhere(index: int) -> None:
    with pytest.raises(IndexError):
        GOOD.turns[index]


def test_figures() -> None:
    assert GOOD.ok
    assert GOOD.alternates
    assert GOOD.count == 5
    assert GOOD.counts == {"Ping": 3, "Pong": 2}
    assert GOOD.pids == {"Ping": PING, "Pong": PONG}
    assert GOOD.cpu_s == {"Ping": 0.5, "Pong": 1.5}
    assert GOOD.transcript == "PingPongPingPongPing"
    assert GOOD.round_trips_ns.tolist() == [300, 400]
    assert GOOD.startup_s == 1e-6


def test_the_order_is_that_of_the_clock_not_of_the_tokens() -> None:
    result = game([(0, 10), (1, 20)], [(2, 30), (3, 40)])
    assert result.transcript == "PingPingPongPong"
    assert [turn.player for turn in game([(0, 20)], [(1, 10)]).turns] == ["Pong", "Ping"]


NOT_IN_TURN = {
    "Pong first": game([(1, 20)], [(0, 10)]),
    "Ping twice": game([(0, 10), (1, 20)], [(2, 30)]),
    "Pong twice": game([(0, 10), (3, 40)], [(1, 20), (2, 30)]),
    "both at once": game([(0, 10)], [(1, 10)]),
    "Ping alone": game([(0, 10), (1, 20), (2, 30)], []),
    "Pong alone": game([], [(0, 10)]),
    "Pong last, too often": game([(0, 10)], [(1, 20), (2, 30)]),
}

NOT_OK = {
    "a word too few": game([(0, 10)], [(1, 20)], expected=3),
    "a word too many": game([(0, 10)], [(1, 20)], expected=1),
    "a token twice": game([(0, 10), (1, 30)], [(1, 20)]),
    "a token never": game([(0, 10), (3, 30)], [(1, 20)]),
    "a token below zero": game([(0, 10)], [(-1, 20)]),
    "a token far below zero": game([(0, 10)], [(-9, 20)]),
    "one process": game([(0, 10)], [(1, 20)], pids=(PING, PING)),
    "Ping in the caller": game([(0, 10)], [(1, 20)], pids=(CALLER, PONG)),
    "Pong in the caller": game([(0, 10)], [(1, 20)], pids=(PING, CALLER)),
    "Ping got another payload": game([(0, 10)], [(1, 20)], intact=(False, True)),
    "Pong got another payload": game([(0, 10)], [(1, 20)], intact=(True, False)),
}


@pytest.mark.parametrize("result", NOT_IN_TURN.values(), ids=NOT_IN_TURN)
def test_not_in_turn(result: PingPongResult) -> None:
    assert not result.alternates
    assert not result.ok


@pytest.mark.parametrize("result", NOT_OK.values(), ids=NOT_OK)
def test_in_turn_but_not_ok(result: PingPongResult) -> None:
    assert result.alternates
    assert not result.ok
    assert not result.keeps(frozenset({"count"}))


NOTHING: frozenset[str] = frozenset()
COUNT, BOTH = frozenset({"count"}), frozenset({"count", "order"})
ALONE: Said = [(0, 10), (1, 20)]


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (GOOD, [COUNT, BOTH]),
        (NOT_IN_TURN["Ping twice"], [COUNT]),
        (game(ALONE, ALONE, expected=2), [NOTHING]),
        (game(ALONE, ALONE, expected=2, intact=(False, False)), [NOTHING]),
        (game(ALONE, ALONE[:1], expected=2), []),
        (game(ALONE, ALONE, expected=2, pids=(PING, PING)), []),
    ],
    ids=["good", "out of turn", "each alone", "nothing carried", "one alone", "one process"],
)
def test_what_is_promised_is_kept_or_not(
    result: PingPongResult, kept: list[frozenset[str]]
) -> None:
    assert [promised for promised in (NOTHING, COUNT, BOTH) if result.keeps(promised)] == kept


def test_a_game_of_no_words_is_a_good_one() -> None:
    nothing = game([], [])
    assert nothing.ok
    assert (nothing.count, nothing.transcript, list(nothing.turns)) == (0, "", [])
    assert nothing.round_trips_ns.tolist() == []
    assert nothing.startup_s is None


@pytest.mark.parametrize(
    "name", ["transport", "expected", "count", "turns", "ok", "_accounts", "anything"]
)
def test_a_result_is_frozen(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        setattr(GOOD, name, 1)
    with pytest.raises(AttributeError, match=name):
        delattr(GOOD, name)
    assert list(GOOD.turns) == TURNS


def test_a_result_can_travel() -> None:
    assert list(pickle.loads(pickle.dumps(GOOD)).turns) == TURNS


def test_a_real_game(start_method: str) -> None:
    result = run_pingpong(PLAIN, tokens=20, start_method=start_method)
    turns: list[Any] = list(result.turns)
    ping_at = [turn.at_ns for turn in turns if turn.player == "Ping"]
    assert result.round_trips_ns.tolist() == [
        later - earlier for earlier, later in pairwise(ping_at)
    ]
    assert turns == sorted(turns, key=lambda turn: turn.at_ns)
    assert result.startup_s is not None
    assert 0 < result.startup_s < result.elapsed_s
    assert result.cpu_s.keys() == {"Ping", "Pong"}
    assert all(0 < cpu_s < result.elapsed_s for cpu_s in result.cpu_s.values())


def flipped(payload: bytes) -> bytes:
    return bytes([payload[0] ^ 1]) + payload[1:]


def shortened(payload: bytes) -> bytes:
    return payload[:-1]


def lengthened(payload: bytes) -> bytes:
    return payload + b"\0"


def lost(payload: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("change", [flipped, shortened, lengthened, lost])
@pytest.mark.parametrize("player", ["Ping", "Pong"])
@pytest.mark.parametrize("word", [1, 25])
def test_a_changed_payload_is_noticed(change: Any, player: str, word: int) -> None:
    transport = TamperingTransport(player=player, word=word, change=change)
    result = run_pingpong(transport, payload=b"luggage")
    assert result.every_token_once
    assert result.alternates
    assert not result.payload_intact
    assert not result.ok


def test_echo_prints_each_word_to_standard_output(start_method: str) -> None:
    program = f"""
from ipc_cookbook import run_pingpong
print("before ", end="")
result = run_pingpong({PLAIN!r}, tokens=5, echo=True, start_method={start_method!r})
print(" after", result.count, flush=True)
"""
    done = run(*CODE, program)
    assert (done.stdout, done.stderr) == ("before PingPongPingPongPing after 5\n", "")


def test_without_echo_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    run_pingpong(PLAIN, tokens=5)
    assert capfd.readouterr() == ("", "")
