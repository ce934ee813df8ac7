"""The barest careful loop over shared memory that looks, and then sleeps."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Semaphore
from time import perf_counter_ns
from typing import Any, TypeAlias

End: TypeAlias = tuple[Any, Semaphore, Semaphore]
HEADER = struct.Struct("=QQ")
DO_NOT_WAIT = [False] * 500


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    memory, here, there = end
    at_ns, token, buffer = array("q"), 0, memory.buf
    while token < tokens:
        at_ns.append(perf_counter_ns())
        HEADER.pack_into(buffer, 0, token + 1, len(payload))
        buffer[HEADER.size : HEADER.size + len(payload)] = payload
        there.release()
        if not any(map(here.acquire, DO_NOT_WAIT)):
            here.acquire()
        token, size = HEADER.unpack_from(buffer)
        payload = buffer[HEADER.size : HEADER.size + size].tobytes()
    return at_ns


def pong(end: End, tokens: int) -> array[int]:
    memory, here, there = end
    token, buffer = 0, memory.buf
    while token < tokens - 1:
        if not any(map(here.acquire, DO_NOT_WAIT)):
            here.acquire()
        token, size = HEADER.unpack_from(buffer)
        payload = buffer[HEADER.size : HEADER.size + size].tobytes()
        HEADER.pack_into(buffer, 0, token + 1, size)
        buffer[HEADER.size : HEADER.size + size] = payload
        there.release()
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    memory = SharedMemory(create=True, size=HEADER.size + size)
    try:
        first, second = context.Semaphore(0), context.Semaphore(0)
        yield (memory, first, second), (memory, second, first)
    finally:
        memory.close()
        memory.unlink()
