"""What the survivor does when nobody supervises: the recipes' bare ends in two processes.

One player comes to hold the turn, and is killed, or the process that the mechanism started for
itself is, a server say. A watcher outside waits a while for the other player, writes down what it
saw, and ends what is left.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from faulty import starts_helpers
from ipc_cookbook.catalog import load
from ipc_cookbook.transport import End
from midway import HOLDING, MIDDLE, MidwayTransport, NoLock

TOKENS = 50
PLAYERS = ("Ping", "Pong")
HOLDS_THE_TURN = "holds the turn"


def survivors(recipe: str, start_method: str, patience_s: float) -> dict[str, dict[str, str]]:
    """What the other player does when one dies in the middle of a game.

    :returns: by who was killed, or in what mid-action. ``"open"`` is what happens while the
        process that opened the mechanism keeps its own copies of the ends, ``"closed"`` once it
        has closed them. ``"blocks"`` stands for still waiting at the end of the patience,
        ``"plays on"`` for all words said; anything else is the exception that the survivor raised.
    """
    found: dict[str, dict[str, str]] = {}
    for holder, player in enumerate(PLAYERS):
        found[player] = {"open": survivor_does(recipe, start_method, holder, patience_s)}
        if not starts_helpers(recipe):  # to close it would be to end them
            found[player]["closed"] = survivor_does(
                recipe, start_method, holder, patience_s, close=True
            )
    if starts_helpers(recipe):
        outcome = survivor_does(recipe, start_method, 0, patience_s, kill_server=True)
        found["server"] = {"open": outcome}
    for case in (HOLDING, MIDDLE) if sys.platform == "linux" else ():
        for copies in {"open"} if starts_helpers(recipe) else {"open", "closed"}:
            is_closed = copies == "closed"
            does = witness_does(recipe, start_method, case, patience_s, close=is_closed)
            if does:
                found.setdefault(case, {})[copies] = does
    return found


def survivor_does(
    recipe: str,
    start_method: str,
    holder: int,
    patience_s: float,
    *,
    close: bool = False,
    kill_server: bool = False,
) -> str:
    """What the other player does when the one that holds the turn dies, or the server."""
    context = multiprocessing.get_context(start_method)
    receiver, sender = context.Pipe(duplex=False)
    said: dict[int, str] = {}
    with receiver, sender, ExitStack() as opened:
        before = multiprocessing.active_children()
        ends = opened.enter_context(load(recipe).open_pair(context, 0))
        helpers = [child for child in multiprocessing.active_children() if child not in before]
        with playing(context, ends, sender, holder) as players:
            while holder not in said:
                said.update([receiver.recv()])
            if close:
                opened.close()
            if kill_server:
                pid = helpers[0].pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            else:
                players[holder].kill()
            while len(said) < 2 and receiver.poll(patience_s):
                said.update([receiver.recv()])
    if said[holder] != HOLDS_THE_TURN:  # with one queue it may by chance have had no late turn
        return survivor_does(
            recipe, start_method, holder, patience_s, close=close, kill_server=kill_server
        )
    return said.get(1 - holder, "blocks")


def witness_does(
    recipe: str, start_method: str, case: str, patience_s: float, *, close: bool
) -> str | None:
    """What the other player does when one dies in mid-action.

    :param close: whether the process that opened the mechanism closes its copies of the ends.
    :returns: None where there is no lock to hold.
    """
    context = multiprocessing.get_context(start_method)
    receiver, sender = context.Pipe(duplex=False)
    said: dict[int, str] = {}
    with receiver, sender, ExitStack() as opened:
        ends = opened.enter_context(MidwayTransport(recipe, case).open_pair(context, 0))
        with playing(context, ends, sender) as (victim, _):
            victim.join(20)
            assert victim.exitcode is not None, "it neither died nor went on"
            is_dead = victim.exitcode == -signal.SIGKILL
            if close:
                opened.close()
            while 1 not in said and receiver.poll(patience_s):
                said.update([receiver.recv()])
            while receiver.poll():
                said.update([receiver.recv()])
    if said.get(0) == NoLock.__name__:
        return None
    if not is_dead:  # with one queue it may by chance have had no late turn
        return witness_does(recipe, start_method, case, patience_s, close=close)
    return said.get(1, "blocks")


@contextmanager
def playing(
    context: BaseContext, ends: Sequence[End], outbox: Connection, holder: int | None = None
) -> Iterator[list[BaseProcess]]:
    """A player for each end; in the end none is left."""
    players: list[BaseProcess] = [
        context.Process(target=play, args=(number, end, holder, outbox), daemon=True)  # type: ignore[attr-defined]
        for number, end in enumerate(ends)
    ]
    for player in players:
        player.start()
    try:
        yield players
    finally:
        for player in players:
            player.kill()
            player.join()
            player.close()


def play(number: int, end: End, holder: int | None, outbox: Connection) -> None:
    """The game's loop without anything around it; the holder keeps the turn half-way."""
    try:
        with end if isinstance(end, AbstractContextManager) else nullcontext(end) as endpoint:
            token, payload = (0, b"") if number == 0 else endpoint.recv()
            while token < TOKENS:
                if number == holder and token >= TOKENS // 2 - 1:
                    outbox.send((number, HOLDS_THE_TURN))
                    threading.Event().wait()
                endpoint.send((token + 1, payload))
                if token + 1 == TOKENS:
                    break
                token, payload = endpoint.recv()
    except Exception as error:
        outbox.send((number, type(error).__name__))
    else:
        outbox.send((number, "plays on"))
