"""Rules on ZeroMQ."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from ipc_cookbook.diagnose.graph import Thread
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule

ZEROMQ = "ZMQbg"
"""So begin the names of its threads."""

SEARCH_S = 0.1


def endpoints(picture: Picture, pid: int) -> list[str]:
    """What a process's ZeroMQ sockets connect to, and nobody on this machine listens at.

    They are looked for in its memory, for a short time: without them the rest is true as well.
    """
    found, until_s = set(), time.thread_time() + SEARCH_S
    for _, piece in picture.process(pid).own_memory(until_s):
        found |= {*re.findall(rb"(?<![ -~])tcp://[\w.:-]+:\d+(?=\0)", piece)}
    used = {
        port
        for each in picture.look.sockets.values()
        if each.kind == "TCP"
        for port in re.findall(r":(\d+)\b", each.name)
    }
    texts = sorted(each.decode() for each in found)
    local = [each for each in texts if re.match(r"tcp://(127\.|localhost|\[::1\])", each)]
    return [each for each in local if each.rpartition(":")[2] not in used]


def in_zeromq(picture: Picture) -> Iterator[Thread]:
    """Who waits in a call of ZeroMQ's: at an eventfd, in a process where its threads run."""
    its_own = {
        (pid, tid)
        for pid, tid in picture.waits
        if picture.process(pid).name_of(tid).startswith(ZEROMQ)
    }
    for thread in picture.still - its_own:
        is_at_eventfd = all(each.kind == "event" for each in picture.waits[thread].all_parts)
        if is_at_eventfd and any(pid == thread[0] for pid, _ in its_own):
            yield thread


def is_in_term(picture: Picture, thread: Thread) -> bool:
    stack = picture.stack(thread)
    return any(stack.is_in(name, "zmq/sugar/context.py") for name in ("term", "destroy", "__del__"))


@rule(
    "ZeroMQ linger",
    "set socket.linger to 0, or to a bound in ms, before close()",
    "linger",
)
def linger(picture: Picture) -> Found:
    for thread in filter(lambda each: is_in_term(picture, each), in_zeromq(picture)):
        lost = endpoints(picture, thread[0])
        where = f"; nobody listens at {', '.join(lost)}" if lost else ""
        yield Clue(
            f"pid {thread[0]} waits in the context's term() until its last messages are sent"
            f"{where}",
            [thread],
        )


@rule(
    "ZeroMQ connected to nobody",
    "look whether the other side runs, and binds what this one connects to; set RCVTIMEO",
)
def zeromq_to_nobody(picture: Picture) -> Found:
    for thread in in_zeromq(picture):
        if lost := endpoints(picture, thread[0]):
            yield Clue(
                f"pid {thread[0]} waits for {', '.join(lost)}, and nobody listens there", [thread]
            )
