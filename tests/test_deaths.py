"""A player that dies: it is named, with its manner and its exception, and nothing is left."""

from __future__ import annotations

import multiprocessing
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

import pytest

from faulty import FAULTS, FaultyTransport
from ipc_cookbook import PlayerDied, leftovers, run_pingpong
from samples import NO_ORDER, PLAIN

DEATHS = {
    "kill": (-signal.SIGKILL, "was killed by SIGKILL"),
    "abort": (-signal.SIGABRT, "was killed by SIGABRT"),
    "_exit": (3, "exited with status 3"),
    "sys.exit": (3, "exited with status 3"),
    "ValueError": (1, "raised ValueError: at fault"),
    "EOFError": (1, "raised EOFError: at fault"),
    "Unpicklable": (1, "raised faulty.Unpicklable: at fault"),
    "UnpicklableBack": (1, "raised faulty.UnpicklableBack: at, fault"),
}
"""Exit code and what the message says of every fault that ends the player."""

MOMENTS = [("Pong", 0), ("Ping", 12)]
"""Player, and after which of its words."""


def play_until_death(transport: FaultyTransport, start_method: str) -> PlayerDied:
    before = sorted(leftovers.processes())
    with pytest.raises(PlayerDied) as caught:
        run_pingpong(transport, start_method=start_method)
    assert sorted(leftovers.processes()) == before
    return caught.value


@pytest.mark.sampled
@pytest.mark.parametrize("fault", DEATHS)
@pytest.mark.parametrize(("player", "word"), [("Ping", 0), ("Pong", 12)])
def test_a_player_that_dies_is_named(start_method: str, fault: str, player: str, word: int) -> None:
    transport = FaultyTransport(PLAIN, player=player, word=word, fault=fault)
    error = play_until_death(transport, start_method)
    exitcode, manner = DEATHS[fault]
    assert (error.player, error.pid, error.exitcode) == (player, transport.culprit, exitcode)
    assert str(error) == f"{player} (pid {transport.culprit}) {manner} after {word} words"
    assert error.args[0] == str(error)


@pytest.mark.few
@pytest.mark.parametrize(("player", "word"), MOMENTS)
def test_every_mechanism_blames_the_right_player(
    transport: str, start_method: str, player: str, word: int
) -> None:
    if word > 1 and transport in NO_ORDER:
        pytest.skip("how many words a player says is luck here")
    faulty = FaultyTransport(transport, player=player, word=word, fault="kill")
    error = play_until_death(faulty, start_method)
    assert (error.player, error.pid) == (player, faulty.culprit)
    assert str(error).endswith(f"SIGKILL after {word} word{'' if word == 1 else 's'}")


class MeetingTransport:
    """A connection that is made by the players: no other process keeps a copy of its ends."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[CallingEnd, ListeningEnd]]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield CallingEnd(listener.getsockname()), ListeningEnd(listener)


class CallingEnd:
    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    def __enter__(self) -> Connection:
        self.connection = Connection(socket.create_connection(self.address).detach())
        return self.connection

    def __exit__(self, *exc_info: object) -> None:
        self.connection.close()


class ListeningEnd:
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener

    def __enter__(self) -> Connection:
        self.connection = Connection(self.listener.accept()[0].detach())
        return self.connection

    def __exit__(self, *exc_info: object) -> None:
        self.connection.close()


@pytest.mark.sampled
@pytest.mark.parametrize("fault", ["kill", "EOFError"])
@pytest.mark.parametrize("player", ["Ping", "Pong"])
def test_the_echo_of_a_death_is_not_blamed(start_method: str, fault: str, player: str) -> None:
    """The other player fails too, with an ``EOFError`` of its own."""
    transport = FaultyTransport(MeetingTransport(), player=player, word=12, fault=fault)
    error = play_until_death(transport, start_method)
    assert (error.player, error.pid) == (player, transport.culprit)


def test_a_death_has_an_echo() -> None:
    context = multiprocessing.get_context("spawn")
    with MeetingTransport().open_pair(context, 0) as (ping, pong), ping as first, pong as second:
        first.close()
        with pytest.raises(EOFError):
            second.recv()


@pytest.mark.sampled
@pytest.mark.parametrize("fault", ["ValueError", "EOFError"])
def test_the_exception_of_a_player_is_the_cause(start_method: str, fault: str) -> None:
    transport = FaultyTransport(PLAIN, player="Pong", word=3, fault=fault)
    cause = play_until_death(transport, start_method).__cause__
    assert type(cause).__name__ == fault
    assert cause is not None
    assert cause.args == ("at fault",)
    check_traceback(cause, fault)


@pytest.mark.sampled
@pytest.mark.parametrize("fault", ["Unpicklable", "UnpicklableBack"])
def test_an_exception_that_cannot_travel_arrives_as_text(start_method: str, fault: str) -> None:
    transport = FaultyTransport(PLAIN, player="Ping", word=3, fault=fault)
    cause = play_until_death(transport, start_method).__cause__
    assert type(cause) is RuntimeError
    assert f"faulty.{fault}: at" in str(cause)
    check_traceback(cause, fault)


def check_traceback(cause: BaseException, fault: str) -> None:
    notes = "\n".join(cause.__notes__)
    assert "Traceback (most recent call last)" in notes
    assert f"in {FAULTS[fault].__name__}" in notes


@pytest.mark.parametrize("fault", ["kill", "_exit"])
def test_an_end_without_an_exception_has_no_cause(fault: str) -> None:
    transport = FaultyTransport(PLAIN, player="Ping", word=3, fault=fault)
    assert play_until_death(transport, "fork").__cause__ is None


def test_nothing_of_the_caller_is_changed(start_method: str) -> None:
    def state() -> object:
        return (
            signal.getsignal(signal.SIGINT),
            signal.pthread_sigmask(signal.SIG_BLOCK, []),
            multiprocessing.get_start_method(allow_none=True),
        )

    before = state()
    run_pingpong(PLAIN, start_method=start_method)
    with pytest.raises(PlayerDied):
        run_pingpong(
            FaultyTransport(PLAIN, player="Ping", word=1, fault="kill"), start_method=start_method
        )
    assert state() == before
