"""The barest careful loop over shared memory that looks again and again."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from time import perf_counter_ns
from typing import Any


def ping(memory: Any, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with memory.buf[:16].cast("Q") as numbers, memory.buf[16:] as room:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            size = len(payload)
            room[:size], numbers[1] = payload, size
            numbers[0] = token + 1
            while (token := numbers[0]) % 2 != 0:
                pass
            payload = room[: numbers[1]].tobytes()
    return at_ns


def pong(memory: Any, tokens: int) -> array[int]:
    token = 0
    with memory.buf[:16].cast("Q") as numbers, memory.buf[16:] as room:
        while token < tokens - 1:
            while (token := numbers[0]) % 2 != 1:
                pass
            payload = room[: numbers[1]].tobytes()
            size = len(payload)
            room[:size], numbers[1] = payload, size
            numbers[0] = token + 1
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[SharedMemory, SharedMemory]]:
    memory = SharedMemory(create=True, size=16 + size)
    try:
        yield memory, memory
    finally:
        memory.close()
        memory.unlink()
