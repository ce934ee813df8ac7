"""The barest careful loop over one queue for both."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from time import perf_counter_ns
from typing import TypeAlias

OneQueue: TypeAlias = "Queue[tuple[int, bytes]]"


def ping(queue: OneQueue, tokens: int, payload: bytes) -> array[int]:
    queue.put((0, payload))
    return pong(queue, tokens)


def pong(queue: OneQueue, tokens: int) -> array[int]:
    at_ns = array("q")
    token, payload = queue.get()
    while token < tokens:
        at_ns.append(perf_counter_ns())
        queue.put((token + 1, payload))
        token, payload = queue.get()
    queue.put((token, b""))  # for the other player, which waits for a word still
    return at_ns


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[OneQueue, OneQueue]]:
    queue: OneQueue = context.Queue()
    yield queue, queue
    queue.get()
