"""The same game without the cookbook: for a mechanism, the barest careful loop.

One module for each, named like the recipe's own, with ``open_pair``, ``ping`` and ``pong``.
Nothing in it is taken from ``ipc_cookbook``. A message is the token and the payload, whose
size ``open_pair`` is told.

``ping(end, tokens, payload)`` and ``pong(end, tokens)`` play one side of a game of ``tokens``
words (an even number) and return when it spoke, in ns of :func:`time.perf_counter_ns`. Where
the turns alternate, only Ping takes the time: the round trips lie between its words.
"""

from __future__ import annotations

import importlib
import os
from array import array
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


def has_loop(module: str) -> bool:
    """Whether there is one for the recipe that has a module of this name."""
    return find_spec(f"{__name__}.{module}") is not None


def run(
    module: str,
    tokens: int,
    context: BaseContext,
    payload: bytes = b"",
    cpus: tuple[int, int] | None = None,
) -> list[int]:
    """Play one game in two processes.

    :param cpus: one for each player, None for any that this process may use.
    :returns: when the players spoke, in order; where turns alternate, Ping's words alone.
    """
    plain = importlib.import_module(f"{__name__}.{module}")
    loops = partial(plain.ping, payload=payload), plain.pong
    with plain.open_pair(context, len(payload)) as ends:
        inboxes, players = [], []
        for loop, end, cpu in zip(loops, ends, cpus or (None, None), strict=True):
            inbox, outbox = context.Pipe(duplex=False)
            player: Any = context.Process(  # type: ignore[attr-defined]
                target=play, args=(loop, end, tokens, cpu, outbox), daemon=True
            )
            player.start()
            outbox.close()
            inboxes.append(inbox)
            players.append(player)
        if not all(inbox.poll(TIMEOUT_S) for inbox in inboxes):
            raise TimeoutError(f"the loop in {module}.py was not over after {TIMEOUT_S} s")
        at_ns = sorted(time for inbox in inboxes for time in inbox.recv())
        for player in players:
            player.join()
    return at_ns


def play(
    loop: Callable[[Any, int], array[int]],
    end: Any,
    tokens: int,
    cpu: int | None,
    outbox: Connection,
) -> None:
    """The main function of a player's process."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    outbox.send(loop(end, tokens))


def program_of(name: str) -> Path:
    """Where the whole program is that does what the command does over a recipe, if there is one."""
    return Path(__file__).with_name(f"{name.replace('-', '_')}_program.py")
