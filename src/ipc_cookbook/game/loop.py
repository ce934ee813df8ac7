"""The loop: the one game that every mechanism plays.

Ping begins with token 0. Whoever holds a token below the limit says a word and hands on the
token that follows, and waits for the next turn unless that was the last word. So both
players end by themselves, and nothing is left undelivered.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable

from ipc_cookbook.crew.player import Desk
from ipc_cookbook.printing import say
from ipc_cookbook.transport import Endpoint

PLAYERS = ("Ping", "Pong")
FIRST = PLAYERS[0]


def play(
    endpoint: Endpoint,
    desk: Desk,
    *,
    player: str,
    tokens: int,
    delay: float,
    echo: bool,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[tuple[str, int, float, bool], tuple[array[int], array[int]]]:
    """Say a word whenever it is this player's turn, until ``tokens`` words are said.

    A player's word is its own name.

    :param pause: waits ``delay`` seconds after a word.
    :returns: the player's own account, then its tokens and when it said each, in ns.
    """
    said, said_at_ns = array("Q"), array("Q")
    note_token, note_time, now_ns = said.append, said_at_ns.append, time.perf_counter_ns
    send, recv = endpoint.send, endpoint.recv
    counters, number, words = desk.counters, desk.number, 0
    cpu_before_s = time.process_time()
    token, payload = 0, bytes(desk.payload)
    if player != FIRST and tokens > 0:
        token, payload = recv()
    while token < tokens:
        at_ns = now_ns()
        words += 1
        counters[number] = words
        if echo:
            say(player, end="")
        next_token = token + 1
        send((next_token, payload))
        note_token(token)  # while the other player wakes up
        note_time(at_ns)
        if next_token == tokens:
            break
        if delay:
            pause(delay)
        token, payload = recv()
    cpu_s = time.process_time() - cpu_before_s
    return (player, os.getpid(), cpu_s, payload == desk.payload), (said, said_at_ns)
