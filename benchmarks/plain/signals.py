"""The barest careful loop over shared memory and a signal for a bell."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char, c_uint64
from multiprocessing.context import BaseContext
from signal import SIG_BLOCK, SIGUSR1, pthread_sigmask, sigwait
from time import perf_counter_ns
from typing import Any, TypeAlias

Memory: TypeAlias = tuple[Any, Any, Any, Any]


def meet(memory: Memory, me: int) -> tuple[Any, Any, int]:
    numbers, room, pids, both = memory
    pthread_sigmask(SIG_BLOCK, {SIGUSR1})
    pids[me] = os.getpid()
    both.wait()
    return numbers, room, pids[1 - me]


def ping(memory: Memory, tokens: int, payload: bytes) -> array[int]:
    at_ns, token, (numbers, room, other) = array("q"), 0, meet(memory, 0)
    while token < tokens:
        at_ns.append(perf_counter_ns())
        room.raw, numbers[:] = payload, [token + 1, len(payload)]
        os.kill(other, SIGUSR1)
        sigwait({SIGUSR1})
        token, size = numbers
        payload = room[:size]
    return at_ns


def pong(memory: Memory, tokens: int) -> array[int]:
    token, (numbers, room, other) = 0, meet(memory, 1)
    while token < tokens - 1:
        sigwait({SIGUSR1})
        token, size = numbers
        payload = room[:size]
        room.raw, numbers[:] = payload, [token + 1, len(payload)]
        os.kill(other, SIGUSR1)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Memory, Memory]]:
    numbers, room = context.RawArray(c_uint64, 2), context.RawArray(c_char, size)
    memory = numbers, room, context.RawArray(c_uint64, 2), context.Barrier(2)
    yield memory, memory
