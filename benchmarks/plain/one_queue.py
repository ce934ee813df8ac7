"""The barest careful loop over one queue for both."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from time import perf_counter_ns


def ping(queue: Queue[int], tokens: int) -> array[int]:
    queue.put(0)
    return pong(queue, tokens)


def pong(queue: Queue[int], tokens: int) -> array[int]:
    at_ns = array("q")
    while (token := queue.get()) < tokens:
        at_ns.append(perf_counter_ns())
        queue.put(token + 1)
    queue.put(token)  # for the other player, which waits for a word still
    return at_ns


@contextmanager
def open_pair(context: BaseContext) -> Iterator[tuple[Queue[int], Queue[int]]]:
    queue: Queue[int] = context.Queue()
    yield queue, queue
    queue.get()
