"""``run_pingpong``: one game, from the arguments to the result."""

from __future__ import annotations

import functools
import os
import time
from types import ModuleType
from typing import TypeGuard

from ipc_cookbook.crew.player import Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.errors import BadType
from ipc_cookbook.game.arguments import check_game
from ipc_cookbook.game.loop import PLAYERS, play
from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.game.turns import Account
from ipc_cookbook.transport import Transport


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
    parts: dict[str, Part] = {
        player: functools.partial(
            play, player=player, tokens=game.tokens, delay=game.delay, echo=bool(echo)
        )
        for player in PLAYERS
    }
    reports = supervise(playable, game.context, parts, payload=game.payload, timeout=game.timeout)
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
        raise BadType(
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
