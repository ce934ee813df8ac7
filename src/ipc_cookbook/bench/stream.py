"""One way: a sender, a receiver, and one acknowledgement after each burst.

A token says how many messages of the burst are still to come, as an odd number, for an
endpoint that takes turns hands only odd ones to Pong. The acknowledgement says how many have
arrived, as an even number.

A mechanism that has room for one message only, where each word waits its turn, has no stream;
its recipe says so.
"""

from __future__ import annotations

import time

from ipc_cookbook.crew.player import Desk
from ipc_cookbook.transport import Endpoint

MOST_MESSAGES = 1_000_000
MOST_BYTES = 256 * 1024**2
TRIAL_MESSAGES = 500
BURSTS = 3


class LostMessage(Exception):
    """A message did not arrive, or arrived twice."""


def most_messages(size: int) -> int:
    """How many messages may be on the way at once: a sender can be far ahead."""
    return min(MOST_MESSAGES, max(4, MOST_BYTES // max(1, size)))


def send_stream(
    endpoint: Endpoint, desk: Desk, *, messages: int | None, seconds: float
) -> tuple[tuple[int, int, bool], tuple[()]]:
    """A part: one message, so that the receiver is there; some to warm up; the burst to time.

    :param messages: how many in that burst, None for as many as take the seconds.
    :returns: how many it was, when the first of them was sent, in ns, and whether the payload
        came back as it was sent.
    """
    sent = bytes(desk.payload)
    received = b""
    most = most_messages(len(sent))

    def burst(count: int) -> int:
        nonlocal received
        begun_ns = time.perf_counter_ns()
        for token in range(2 * count - 1, 0, -2):
            endpoint.send((token, sent))
        token, received = endpoint.recv()
        if token != 2 * count:
            raise LostMessage(f"{count} messages were sent, {token // 2} arrived")
        return begun_ns

    burst(1)
    trial = min(TRIAL_MESSAGES, max(1, most // 8))
    each_ns = (-burst(trial) + time.perf_counter_ns()) / trial
    count = max(trial, int(seconds * 1e9 / each_ns)) if messages is None else messages
    count = min(count, most)
    begun_ns = burst(count)
    return (count, begun_ns, received == desk.payload), ()


def receive_stream(endpoint: Endpoint, desk: Desk) -> tuple[int, tuple[()]]:
    """A part: take in each burst and acknowledge it with the payload that came last.

    :returns: when the last message of the last burst had arrived, in ns.
    """
    for _ in range(BURSTS):
        token, payload = endpoint.recv()
        count = 1
        while token != 1:
            previous = token
            token, payload = endpoint.recv()
            if token != previous - 2:
                raise LostMessage(f"message {previous - 2} was expected, {token} arrived")
            count += 1
        ended_ns = time.perf_counter_ns()
        endpoint.send((2 * count, payload))
    return ended_ns, ()
