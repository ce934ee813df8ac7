"""The barest careful loop over two queues."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue, SimpleQueue
from time import perf_counter_ns
from typing import TypeAlias

AnyQueue: TypeAlias = "Queue[tuple[int, bytes]] | SimpleQueue[tuple[int, bytes]]"
Queues: TypeAlias = tuple[AnyQueue, AnyQueue]


def ping(queues: Queues, tokens: int, payload: bytes) -> array[int]:
    outgoing, incoming = queues
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        outgoing.put((token + 1, payload))
        token, payload = incoming.get()
    return at_ns


def pong(queues: Queues, tokens: int) -> array[int]:
    outgoing, incoming = queues
    token = 0
    while token < tokens - 1:
        token, payload = incoming.get()
        outgoing.put((token + 1, payload))
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Queues, Queues]]:
    there: AnyQueue = context.Queue()
    back: AnyQueue = context.Queue()
    yield (there, back), (back, there)
