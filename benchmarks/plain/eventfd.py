"""The barest careful loop over shared memory and an eventfd each way."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char, c_uint64
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from time import perf_counter_ns
from typing import Any, TypeAlias

End: TypeAlias = tuple[Any, Any, Connection, Connection]


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    numbers, room, here, there = end
    at_ns, token, reads, writes = array("q"), 0, here.fileno(), there.fileno()
    while token < tokens:
        at_ns.append(perf_counter_ns())
        room.raw, numbers[:] = payload, [token + 1, len(payload)]
        os.eventfd_write(writes, 1)
        os.eventfd_read(reads)
        token, size = numbers
        payload = room[:size]
    return at_ns


def pong(end: End, tokens: int) -> array[int]:
    numbers, room, here, there = end
    token, reads, writes = 0, here.fileno(), there.fileno()
    while token < tokens - 1:
        os.eventfd_read(reads)
        token, size = numbers
        payload = room[:size]
        room.raw, numbers[:] = payload, [token + 1, len(payload)]
        os.eventfd_write(writes, 1)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    memory = context.RawArray(c_uint64, 2), context.RawArray(c_char, size)
    with Connection(os.eventfd(0)) as first, Connection(os.eventfd(0)) as second:  # they travel
        yield (*memory, first, second), (*memory, second, first)
