"""A dead, stuck, or interrupted player: a named error in bounded time, and nothing left."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

import pytest

from checks import check_game
from faulty import (
    FAULTS,
    FaultyTransport,
    StuckServerTransport,
    TamperingTransport,
    with_helpers,
)
from ipc_cookbook import (
    PingPongError,
    PingPongResult,
    PingPongTimeout,
    PlayerDied,
    Transport,
    leftovers,
    run_pingpong,
)
from ipc_cookbook.catalog import describe
from ipc_cookbook.leftovers import Leftovers, private_temporary_folder
from ipc_cookbook.transport import End
from samples import NEEDS_PACKAGE, NO_ORDER, ONE_MESSAGE, OTHER, PLAIN, skip_unless_here

DEADLINE_S = 1.0

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


class BrokenTransport:
    """Goes wrong in the caller's process: before its ends are there, or after the game."""

    def __init__(self, error: Exception, *, afterwards: bool) -> None:
        self.error = error
        self.afterwards = afterwards

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        if not self.afterwards:
            raise self.error
        ping, pong = context.Pipe()
        with ping, pong:
            yield ping, pong
        raise self.error


@pytest.mark.parametrize("afterwards", [False, True])
def test_a_transport_that_cannot_be_opened(start_method: str, afterwards: bool) -> None:
    transport = BrokenTransport(OSError("no space"), afterwards=afterwards)
    with pytest.raises(PingPongError, match="no space"):
        run_pingpong(transport, start_method=start_method)


class UnsendableTransport:
    """Pong's end cannot travel to a process that is not a copy of the caller's."""

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        ping, pong = context.Pipe()
        with ping, pong:
            yield ping, UnsendableEnd()


class UnsendableEnd:
    def __init__(self) -> None:
        self.lock = threading.Lock()

    def send(self, message: tuple[int, bytes]) -> None: ...

    def recv(self) -> tuple[int, bytes]:
        return (1, b"")


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_ping_is_ended_when_pong_cannot_start(method: str) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        run_pingpong(UnsendableTransport(), start_method=method)


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


ENDLESS = """
from ipc_cookbook import run_pingpong
run_pingpong({transport!r}, delay=60, timeout=None, echo=True, start_method={method!r})
"""


@contextmanager
def endless_game(transport: str, method: str) -> Iterator[subprocess.Popen[str]]:
    """A program in which Ping and Pong have said a word each, and are in no hurry."""
    program = ENDLESS.format(transport=transport, method=method)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.read(len("PingPong")) == "PingPong"
            yield process
        finally:
            process.kill()


WHOM = pytest.mark.parametrize("whom", ["the caller", "everyone"])


@pytest.mark.sampled
@pytest.mark.parametrize("recipe", [PLAIN, NEEDS_PACKAGE])
@WHOM
def test_ctrl_c_ends_the_game(start_method: str, recipe: str, whom: str) -> None:
    skip_unless_here(recipe)
    before = Leftovers.now()
    with endless_game(recipe, start_method) as process:
        if whom == "everyone":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert stderr.splitlines()[-1] == "KeyboardInterrupt"
    before.assert_nothing_new()


@pytest.mark.sampled
@WHOM
def test_ctrl_c_ends_helpers_too(start_method: str, whom: str) -> None:
    for recipe in with_helpers():
        test_ctrl_c_ends_the_game(start_method, recipe, whom)


class InterruptedTransport:
    """Ctrl-C is pressed while the ends are being made, or while they are put away."""

    def __init__(self, *, afterwards: bool) -> None:
        self.afterwards = afterwards

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        if not self.afterwards:
            os.kill(os.getpid(), signal.SIGINT)
        ping, pong = context.Pipe()
        with ping, pong:
            yield ping, pong
        if self.afterwards:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("afterwards", [False, True])
def test_ctrl_c_before_and_after_the_game(start_method: str, afterwards: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_pingpong(InterruptedTransport(afterwards=afterwards), start_method=start_method)


def interrupted(payload: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGINT)
    return payload


def test_players_leave_ctrl_c_to_the_caller(start_method: str) -> None:
    transport = TamperingTransport(player="Pong", word=3, change=interrupted)
    check_game(run_pingpong(transport, start_method=start_method), 50)


def test_players_end_with_their_caller(start_method: str) -> None:
    before = Leftovers.now()
    # A fork server whose program is killed does not remove its temporary folder.
    with private_temporary_folder(), endless_game(PLAIN, start_method) as process:
        process.kill()
        process.communicate(timeout=30)
    before.assert_nothing_new(patience_s=10)


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


class SlowTransport:
    """Opens when it is told to."""

    def __init__(self) -> None:
        self.is_opening, self.may_open = threading.Event(), threading.Event()

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        self.is_opening.set()
        self.may_open.wait(timeout=10)
        ping, pong = context.Pipe()
        with ping, pong:
            yield ping, pong


@pytest.mark.sampled
def test_a_slow_opening_keeps_no_other_game_past_its_deadline(start_method: str) -> None:
    """The other may be played meanwhile, or give up in time."""
    slow = SlowTransport()
    first = Played(slow, start_method)
    slow.is_opening.wait()
    began_s = time.monotonic()
    with suppress(PingPongTimeout):
        check_game(run_pingpong(PLAIN, start_method=start_method, timeout=DEADLINE_S), 50)
    assert time.monotonic() - began_s < 5
    slow.may_open.set()
    check_game(first.result(), 50)


def test_another_thread_may_reap_the_players() -> None:
    """As it does with every process that it starts."""
    over = threading.Event()

    def reap() -> None:
        while not over.is_set():
            multiprocessing.active_children()

    thread = threading.Thread(target=reap)
    thread.start()
    try:
        for _ in range(20):
            deadly = FaultyTransport(PLAIN, player="Ping", word=1, fault="kill")
            with pytest.raises(PlayerDied):
                run_pingpong(deadly, start_method="fork")
    finally:
        over.set()
        thread.join()


@pytest.mark.few
def test_an_error_that_is_kept_keeps_nothing_else(transport: str, start_method: str) -> None:
    before = Leftovers.now()
    game = Played(FaultyTransport(transport, player="Ping", word=1, fault="kill"), start_method)
    game.join()
    assert isinstance(game.error, PlayerDied)
    before.assert_nothing_new()
