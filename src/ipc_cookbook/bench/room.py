"""Room: what becomes of a stream whose receiver is slower than its sender.

The receiver takes one message in every ``PAUSE_S`` while the sender sends as fast as it may, for
``FLOOD_S`` or up to ``MOST_BYTES``. Either sending becomes as slow as the receiver is (it
*blocks*), or the messages pile up somewhere (it *grows*), or some never arrive (it *drops*).
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from typing import Literal, NamedTuple

from ipc_cookbook.crew.player import Desk
from ipc_cookbook.transport import Endpoint

PAUSE_S = 0.005
FLOOD_S = 0.5
SLOW_S = 1.5 * FLOOD_S  # whoever is blocked at the end of the flood is let go by the pace
MOST_BYTES = 64 * 1024**2
MOST_MESSAGES = 50_000
LAST_TOKEN = 2**30 + 1

Outcome = Literal["blocks", "grows", "drops"]


class Room(NamedTuple):
    """:ivar waiting: how many messages were on the way at once, at most.
    :ivar memory_bytes: how much memory all processes had taken meanwhile.
    """

    outcome: Outcome
    sent: int
    waiting: int
    memory_bytes: int


def memory_of(caller_pid: int) -> int:
    """The resident memory of all processes that a process has started, in bytes."""
    import psutil

    total = 0
    for process in psutil.Process(caller_pid).children(recursive=True):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def flood(
    endpoint: Endpoint, desk: Desk, *, caller_pid: int
) -> tuple[tuple[int, bool], tuple[array[int]]]:
    """A part: one message, so that the receiver is there, and then as many as go.

    :returns: how much memory was taken, in bytes, and whether the payload came back; when each
        message was sent, in ns.
    """
    payload = bytes(desk.payload)
    most = max(4, min(MOST_MESSAGES, MOST_BYTES // max(1, len(payload))))
    sent_at_ns = array("q", bytes(8 * most))
    endpoint.send((1, payload))
    endpoint.recv()
    before = memory_of(caller_pid)
    sent, now_ns = 0, time.perf_counter_ns()
    until_ns = now_ns + int(FLOOD_S * 1e9)
    while sent < most and now_ns < until_ns:
        endpoint.send((2 * sent + 3, bytes(memoryview(payload))))  # as new as a program's own
        now_ns = sent_at_ns[sent] = time.perf_counter_ns()
        sent += 1
    taken = memory_of(caller_pid) - before
    endpoint.send((LAST_TOKEN, payload))
    _, received = endpoint.recv()
    return (max(0, taken), received == payload), (sent_at_ns[:sent],)


def take_slowly(endpoint: Endpoint, desk: Desk) -> tuple[None, tuple[array[int]]]:
    """A part: take one message at a time with a pause, and at last the rest without.

    :returns: when each has arrived, in ns.
    """
    token, payload = endpoint.recv()
    endpoint.send((2, payload))
    arrived_at_ns = array("q")
    while token != LAST_TOKEN:
        token, payload = endpoint.recv()
        arrived_at_ns.append(now_ns := time.perf_counter_ns())
        if now_ns - arrived_at_ns[0] < SLOW_S * 1e9:
            time.sleep(PAUSE_S)
    endpoint.send((LAST_TOKEN + 1, payload))
    return None, (arrived_at_ns[:-1],)


def judge(sent_at_ns: array[int], arrived_at_ns: array[int], memory_bytes: int) -> Room:
    """What became of the messages.

    It blocks if the last quarter of the time saw no more than twice as many sent as the
    receiver can take.
    """
    sent, ended_ns = len(sent_at_ns), sent_at_ns[-1]
    quarter_ns = (ended_ns - sent_at_ns[0]) // 4
    lately = sent - bisect_left(sent_at_ns, ended_ns - quarter_ns)
    outcome: Outcome = "grows"
    if len(arrived_at_ns) < sent:
        outcome = "drops"
    elif lately <= max(2, 2 * quarter_ns / 1e9 / PAUSE_S):
        outcome = "blocks"
    waiting = max(
        number - bisect_left(arrived_at_ns, at_ns)
        for number, at_ns in enumerate(sent_at_ns, start=1)
    )
    return Room(outcome, sent, waiting, memory_bytes)
