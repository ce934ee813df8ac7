"""The barest careful loop over a value, its lock, and a condition."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Condition
from time import perf_counter_ns
from typing import TypeAlias

Cell: TypeAlias = "tuple[Synchronized[int], Condition]"


def ping(cell: Cell, tokens: int) -> array[int]:
    at_ns, (token, changed) = array("q"), cell
    with changed:
        for said in range(0, tokens, 2):
            at_ns.append(perf_counter_ns())
            token.value = said + 1
            changed.notify()
            changed.wait_for(lambda: token.value % 2 == 0)
    return at_ns


def pong(cell: Cell, tokens: int) -> array[int]:
    token, changed = cell
    with changed:
        for said in range(1, tokens, 2):
            changed.wait_for(lambda: token.value % 2 == 1)
            token.value = said + 1
            changed.notify()
    return array("q")


@contextmanager
def open_pair(context: BaseContext) -> Iterator[tuple[Cell, Cell]]:
    token = context.Value("q", 0)
    cell = token, context.Condition(token.get_lock())
    yield cell, cell
