"""The barest careful loop over a value, its lock, and a condition."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char, c_int64
from multiprocessing.context import BaseContext
from time import perf_counter_ns
from typing import Any, TypeAlias

Cell: TypeAlias = tuple[Any, Any, Any, Any]


def ping(cell: Cell, tokens: int, payload: bytes) -> array[int]:
    token, length, room, changed = cell
    at_ns = array("q")
    for said in range(0, tokens, 2):
        at_ns.append(perf_counter_ns())
        with changed:
            room.raw, length.value, token.value = payload, len(payload), said + 1
            changed.notify()
        with changed:
            changed.wait_for(lambda: token.value % 2 == 0)
            payload = room[: length.value]
    return at_ns


def pong(cell: Cell, tokens: int) -> array[int]:
    token, length, room, changed = cell
    for said in range(1, tokens, 2):
        with changed:
            changed.wait_for(lambda: token.value % 2 == 1)
            payload = room[: length.value]
        with changed:
            room.raw, length.value, token.value = payload, len(payload), said + 1
            changed.notify()
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Cell, Cell]]:
    token, length = context.Value("q", 0), context.RawValue(c_int64, 0)
    changed = context.Condition(token.get_lock())
    cell = token, length, context.RawArray(c_char, size), changed
    yield cell, cell
