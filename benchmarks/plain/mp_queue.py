"""The barest careful loop over two queues."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from time import perf_counter_ns
from typing import TypeAlias

Queues: TypeAlias = "tuple[Queue[int], Queue[int]]"


def ping(queues: Queues, tokens: int) -> array[int]:
    outgoing, incoming = queues
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        outgoing.put(token + 1)
        token = incoming.get()
    return at_ns


def pong(queues: Queues, tokens: int) -> array[int]:
    outgoing, incoming = queues
    token = 0
    while token < tokens:
        token = incoming.get() + 1
        outgoing.put(token)
    return array("q")


@contextmanager
def open_pair(context: BaseContext) -> Iterator[tuple[Queues, Queues]]:
    there, back = context.Queue(), context.Queue()
    yield (there, back), (back, there)
