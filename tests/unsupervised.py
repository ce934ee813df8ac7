"""What the survivor does when nobody supervises: the recipes' bare ends in two processes.

The player that holds the turn kills itself after its word. A watcher outside waits a while
for the other one, writes down what it saw, and ends what is left.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore

from ipc_cookbook.catalog import load
from ipc_cookbook.transport import End

TOKENS = 50


def survivor_does(recipe: str, start_method: str, token: int, patience_s: float) -> str:
    """What the other player does when the one with this token dies.

    :returns: ``"blocks"`` if it was still waiting at the end of the patience, ``"plays on"``
        if it said all its words, or the name of the exception it raised.
    """
    context = multiprocessing.get_context(start_method)
    with load(recipe).open_pair(context, 0) as ends:
        receiver, sender = context.Pipe(duplex=False)
        death = context.Semaphore(1)
        players = [
            context.Process(  # type: ignore[attr-defined]
                target=play, args=(number, end, token, death, sender), daemon=True
            )
            for number, end in enumerate(ends)
        ]
        for player in players:
            player.start()
        with receiver, sender:
            outcome = receiver.recv() if receiver.poll(patience_s) else "blocks"
        end_all(players)
    return str(outcome)


def play(number: int, end: End, fatal_token: int, death: Semaphore, outbox: Connection) -> None:
    """The game's loop without anything around it, and one death in it."""
    try:
        with end if isinstance(end, AbstractContextManager) else nullcontext(end) as endpoint:
            token, payload = (0, b"") if number == 0 else endpoint.recv()
            while token < TOKENS:
                if token == fatal_token and death.acquire(block=False):
                    os.kill(os.getpid(), signal.SIGKILL)
                endpoint.send((token + 1, payload))
                if token + 1 == TOKENS:
                    break
                token, payload = endpoint.recv()
    except Exception as error:
        outbox.send(type(error).__name__)
    else:
        outbox.send("plays on")


def end_all(players: list[BaseProcess]) -> None:
    for player in players:
        player.kill()
        player.join()
        player.close()
