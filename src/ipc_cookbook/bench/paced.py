"""Paced: a word, its answer, and a pause, as in programs that have other things to do.

In the pause the other player sleeps, its CPU may as well, and the caches forget.
"""

from __future__ import annotations

import time
from array import array

from ipc_cookbook.crew.player import Desk
from ipc_cookbook.transport import Endpoint


def ask(
    endpoint: Endpoint, desk: Desk, *, words: int, pace_s: float
) -> tuple[bool, tuple[array[int]]]:
    """A part: ``words // 2`` times, pause, send a word, and wait for the answer.

    :returns: whether the payload came back as it was sent; how long each answer took, in ns.
    """
    sent = received = bytes(desk.payload)
    took_ns = array("q")
    for token in range(1, words, 2):
        time.sleep(pace_s)
        asked_ns = time.perf_counter_ns()
        endpoint.send((token, sent))
        _, received = endpoint.recv()
        took_ns.append(time.perf_counter_ns() - asked_ns)
    return received == sent, (took_ns,)


def answer(endpoint: Endpoint, desk: Desk, *, words: int) -> tuple[None, tuple[()]]:
    """A part: send each word back at once."""
    for token in range(2, words + 1, 2):
        _, payload = endpoint.recv()
        endpoint.send((token, payload))
    return None, ()
