"""The loop over two queues, over two of the simple ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

from plain.mp_queue import AnyQueue, Queues, ping, pong

__all__ = ["open_pair", "ping", "pong"]


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Queues, Queues]]:
    there: AnyQueue = context.SimpleQueue()
    back: AnyQueue = context.SimpleQueue()
    yield (there, back), (back, there)
