"""The promises of a transport, and how each is put to the test. See :mod:`ipc_cookbook.testing`."""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import NamedTuple, NoReturn

from ipc_cookbook.crew.player import Desk, Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.errors import PingPongError, PingPongTimeout, PlayerDied
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.leftovers import Leftovers
from ipc_cookbook.transport import Endpoint, Transport

TIMEOUT_S = 30.0
"""A game that takes so long hangs."""

PATIENCE_S = 10.0
"""Seconds in which whatever a game leaves must be gone."""

TOKENS = (50, 7, 1, 0)
WORDS_OF_CHANGING_LENGTH = 12


class PromiseBroken(AssertionError):
    """A transport does not do what it should. The message says under which start method.

    :ivar promise: which promise it is: ``"count"``, ``"order"``, ``"payload"``, ``"limit"``,
        ``"processes"``, ``"dead peer"``, ``"stopped peer"``, ``"nothing left"``, or ``"a whole
        game"``.
    """

    def __init__(self, message: str, promise: str) -> None:
        super().__init__(message, promise)
        self.promise = promise

    def __str__(self) -> str:
        return str(self.args[0])


class Trial(NamedTuple):
    """One transport under one start method."""

    name: str
    transport: Transport
    start_method: str
    guarantees: frozenset[str]
    lengths: list[int]

    def fail(self, promise: str, what: str, cause: Exception | None = None) -> NoReturn:
        message = f"{self.name} under {self.start_method}: {promise}: {what}"
        raise PromiseBroken(message, promise) from cause

    @contextmanager
    def nothing_left(self) -> Iterator[None]:
        before = Leftovers.now()
        yield
        try:
            before.assert_nothing_new(PATIENCE_S)
        except AssertionError as error:
            self.fail("nothing left", " ".join(str(error).split()))

    def play(self, parts: dict[str, Part], timeout: float = TIMEOUT_S) -> None:
        """Let each player do something of its own."""
        context = multiprocessing.get_context(self.start_method)
        longest = bytes(self.lengths[-1])
        supervise(self.transport, context, parts, payload=longest, timeout=timeout)


def check_words(trial: Trial) -> None:
    """Whole games, of many words, an odd number, one, and none."""
    enough = max(len(TOKENS), len(trial.lengths))
    for tokens, length in islice(zip(cycle(TOKENS), cycle(trial.lengths), strict=False), enough):
        payload = random.Random(length).randbytes(length)
        try:
            result = run_pingpong(
                trial.transport,
                tokens=tokens,
                payload=payload,
                start_method=trial.start_method,
                timeout=TIMEOUT_S,
            )
        except Exception as error:
            what = str(error) if isinstance(error, PingPongError) else repr(error)
            trial.fail("a whole game", f"of {tokens} words with {length} bytes each: {what}", error)
        if len({*result.pids.values(), os.getpid()}) < 3:
            trial.fail("processes", f"the players must have two of their own, not {result.pids}")
        if "count" not in trial.guarantees:
            continue
        if result.count != tokens:
            trial.fail("count", f"{result.count} words were said, not {tokens}")
        if not result.every_token_once:
            trial.fail("count", f"of {tokens} words, one was said twice and another one not at all")
        if "order" in trial.guarantees and not result.alternates:
            trial.fail("order", f"the words were not said in turn: {result.transcript}")
        if not result.payload_intact:
            trial.fail("payload", f"one of {length} bytes did not come back as it was sent")


def check_payloads(trial: Trial) -> None:
    """Payloads whose length changes from word to word; and none may be longer than agreed."""
    arrives = "count" in trial.guarantees
    words = WORDS_OF_CHANGING_LENGTH if arrives else 0
    parts: dict[str, Part] = {
        player: functools.partial(
            swap_payloads, serves=player == PLAYERS[0], lengths=trial.lengths, words=words
        )
        for player in PLAYERS
    }
    try:
        trial.play(parts)
    except PlayerDied as died:
        if isinstance(died.__cause__, PromiseBroken):
            trial.fail(died.__cause__.promise, str(died.__cause__))
        trial.fail("payload", f"of a length that changes from word to word: {died}")
    except PingPongError as error:
        trial.fail("payload", f"of a length that changes from word to word: {error}")


def payload_of(token: int, lengths: Sequence[int]) -> bytes:
    """Longest and shortest by turns, and different each time."""
    ordered = [lengths[-1], lengths[0], *lengths]
    return random.Random(token).randbytes(ordered[token % len(ordered)])


def swap_payloads(
    endpoint: Endpoint, desk: Desk, *, serves: bool, lengths: Sequence[int], words: int
) -> tuple[None, tuple[()]]:
    """A part: the game, with payloads that follow from their tokens."""
    refuse_too_long(endpoint, lengths[-1])
    token = 0
    if not serves and words:
        token = receive(endpoint, lengths)
    while token < words:
        endpoint.send((token + 1, payload_of(token + 1, lengths)))
        if token + 1 == words:
            break
        token = receive(endpoint, lengths)
    return None, ()


def receive(endpoint: Endpoint, lengths: Sequence[int]) -> int:
    token, payload = endpoint.recv()
    sent = payload_of(token, lengths)
    if type(payload) is not bytes:
        raise PromiseBroken(f"bytes were sent, and a {type(payload).__name__} arrived", "payload")
    if payload != sent:
        raise PromiseBroken(
            f"{len(sent)} bytes were sent, after others of another length, and "
            f"{len(payload)} arrived{', changed' * (len(payload) == len(sent))}",
            "payload",
        )
    return token


def refuse_too_long(endpoint: Endpoint, longest: int) -> None:
    try:
        endpoint.send((0, bytes(longest + 1)))
    except ValueError as error:
        if {str(longest), str(longest + 1)} <= {*re.findall(r"\d+", str(error))}:
            return
        raise PromiseBroken(
            f"the ValueError must name {longest} and {longest + 1}, not say: {error}", "limit"
        ) from error
    raise PromiseBroken(
        f"a payload of {longest + 1} bytes, where {longest} were agreed, is no ValueError", "limit"
    )


def check_deaths(trial: Trial) -> None:
    """A player that is killed in mid-game."""
    for victim in PLAYERS:
        try:
            trial.play(without_end(victim, die))
        except PlayerDied as error:
            if (error.player, error.exitcode) != (victim, -KILL):
                trial.fail("dead peer", f"{victim} was killed, and this was said: {error}")
        except PingPongError as error:
            trial.fail("dead peer", f"{victim} was killed, and this was said: {error}")
        else:
            trial.fail("dead peer", f"{victim} was killed, and nobody noticed")


def check_stop(trial: Trial) -> None:
    """A player that is stopped in mid-game: the deadline ends it."""
    if not hasattr(signal, "SIGSTOP"):
        return
    said = ""
    for deadline_s in 1.0, 10.0:  # on a busy machine, some are still opening after the first
        try:
            trial.play(without_end(PLAYERS[1], stop), timeout=deadline_s)
        except PingPongTimeout as error:
            said = str(error)
            if all(player in said for player in PLAYERS):
                return
        except PingPongError as error:
            trial.fail("stopped peer", f"a player was stopped, and this was said: {error}")
        else:
            trial.fail("stopped peer", "a player was stopped, and nobody noticed")
    trial.fail("stopped peer", f"both players must be named, not: {said}")


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def die() -> None:
    os.kill(os.getpid(), KILL)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def without_end(victim: str, act: Callable[[], None]) -> dict[str, Part]:
    """A game without end, but for the victim, which does something after its second word."""
    return {
        player: functools.partial(
            go_on, serves=player == PLAYERS[0], act=act if player == victim else None
        )
        for player in PLAYERS
    }


def go_on(
    endpoint: Endpoint, desk: Desk, *, serves: bool, act: Callable[[], None] | None
) -> tuple[None, tuple[()]]:
    """A part: words without end."""
    words = token = 0
    if not serves:
        token, _ = endpoint.recv()
    while True:
        endpoint.send((token + 1, b""))
        words += 1
        if words == 2 and act:
            act()
        token, _ = endpoint.recv()


CHECKS = (check_words, check_payloads, check_deaths, check_stop)
