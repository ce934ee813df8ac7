"""The barest careful loop over one duplex pipe."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from time import perf_counter_ns


def ping(end: Connection, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        end.send((token + 1, payload))
        token, payload = end.recv()
    return at_ns


def pong(end: Connection, tokens: int) -> array[int]:
    token = 0
    while token < tokens - 1:
        token, payload = end.recv()
        end.send((token + 1, payload))
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Connection, Connection]]:
    first, second = context.Pipe()
    with first, second:
        yield first, second
