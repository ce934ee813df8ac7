"""Fifty words, strictly in turn: the one game that every mechanism plays.

Ping begins with token 0. Whoever holds a token below the limit says a word and hands on the
token that follows, and waits for the next turn unless that was the last word. So both
players end by themselves, and nothing is left undelivered.
"""

from __future__ import annotations

import functools
import os
import time
from array import array
from collections.abc import Callable
from types import ModuleType
from typing import TypeGuard

from ipc_cookbook.arguments import check_game
from ipc_cookbook.player import Desk, Role
from ipc_cookbook.result import Account, PingPongResult
from ipc_cookbook.supervisor import supervise
from ipc_cookbook.transport import Endpoint, OutputClosed, Transport

WORDS = ("Ping", "Pong")
SERVES = WORDS[0]


def play(
    endpoint: Endpoint,
    desk: Desk,
    *,
    word: str,
    tokens: int,
    delay: float,
    echo: bool,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[tuple[str, int, float, bool], tuple[array[int], array[int]]]:
    """Say the word whenever it is this player's turn, until ``tokens`` words are said.

    :param pause: waits ``delay`` seconds after a word.
    :returns: the player's own account, then its tokens and when it said each, in ns.
    """
    said, said_at_ns = array("Q"), array("Q")
    note_token, note_time, now_ns = said.append, said_at_ns.append, time.perf_counter_ns
    counters, number, words = desk.counters, desk.number, 0
    cpu_before_s = time.process_time()
    token, payload = 0, bytes(desk.payload)
    if word != SERVES and tokens > 0:
        token, payload = endpoint.recv()
    while token < tokens:
        at_ns = now_ns()
        words += 1
        counters[number] = words
        if echo:
            print_at_once(word)
        endpoint.send((token + 1, payload))
        note_token(token)  # while the other player wakes up
        note_time(at_ns)
        if token + 1 == tokens:
            break
        if delay:
            pause(delay)
        token, payload = endpoint.recv()
    cpu_s = time.process_time() - cpu_before_s
    return (word, os.getpid(), cpu_s, payload == desk.payload), (said, said_at_ns)


def print_at_once(word: str) -> None:
    try:
        print(word, end="", flush=True)
    except BrokenPipeError:
        raise OutputClosed("nobody reads standard output any more") from None


def run_pingpong(
    transport: str | ModuleType | Transport,
    *,
    tokens: int = 50,
    payload: bytes = b"",
    delay: float = 0.0,
    start_method: str | None = None,
    timeout: float | None = 60.0,
    echo: bool = False,
) -> PingPongResult:
    """Let two processes say ``Ping`` and ``Pong`` in turn, over the given mechanism.

    :param transport: the name of a recipe, a recipe module, or any object with
        ``open_pair`` (see :class:`ipc_cookbook.Transport`).
    :param tokens: how many words are said in all, 0 or more.
    :param payload: bytes that travel with every token, there and back.
    :param delay: seconds a player sleeps after its word.
    :param start_method: ``"fork"``, ``"forkserver"``, ``"spawn"``, or None for the
        platform's default.
    :param timeout: seconds the whole game may take, None for no limit.
    :param echo: print each word to standard output the moment it is said.
    :raises UnknownTransport: no recipe has this name.
    :raises TransportUnavailable: the recipe needs a package that is not installed.
    :raises PlayerDied: a process of the game ended too early.
    :raises PingPongTimeout: the game was not over in time.
    :raises PingPongError: the game could not be started.
    :raises ValueError: an argument is out of range, or the transport cannot carry the payload.
    :raises TypeError: an argument is of the wrong type.
    """
    called_at_ns = time.perf_counter_ns()
    name, playable = find_transport(transport)
    game = check_game(tokens, payload, delay, timeout, start_method)
    roles: dict[str, Role] = {
        word: functools.partial(
            play, word=word, tokens=game.tokens, delay=game.delay, echo=bool(echo)
        )
        for word in WORDS
    }
    reports = supervise(playable, game.context, roles, payload=game.payload, timeout=game.timeout)
    return PingPongResult(
        transport=name,
        start_method=game.context.get_start_method(),
        expected=game.tokens,
        elapsed_s=(time.perf_counter_ns() - called_at_ns) / 1e9,
        accounts=[Account(*report.summary, *report.records) for report in reports],
        caller_pid=os.getpid(),
        called_at_ns=called_at_ns,
    )


def find_transport(transport: object) -> tuple[str, Transport]:
    """The name and the transport that the caller means."""
    if isinstance(transport, str):
        from ipc_cookbook import catalog

        return transport, catalog.load(transport)
    if not offers_open_pair(transport):
        raise TypeError(
            "transport must be the name of a recipe, a recipe module, or an object with "
            f"open_pair(context, max_payload), not {transport!r}"
        )
    if isinstance(transport, ModuleType):
        from ipc_cookbook import catalog

        return catalog.name_of(transport), transport
    return type(transport).__name__, transport


def offers_open_pair(transport: object) -> TypeGuard[Transport]:
    is_class = isinstance(transport, type)
    return not is_class and callable(getattr(transport, "open_pair", None))
