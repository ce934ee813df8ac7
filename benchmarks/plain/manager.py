"""The barest careful loop over an object in a manager's process."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.managers import BaseManager
from threading import Condition
from time import perf_counter_ns


class Turn:
    """Lives in the manager's process."""

    def __init__(self) -> None:
        self.message, self.changed = (0, b""), Condition()

    def set(self, token: int, payload: bytes) -> None:
        with self.changed:
            self.message = token, payload
            self.changed.notify()

    def wait(self, parity: int) -> tuple[int, bytes]:
        with self.changed:
            self.changed.wait_for(lambda: self.message[0] % 2 == parity)
            return self.message


class TurnManager(BaseManager):
    Turn: type[Turn]


TurnManager.register("Turn", Turn)


def ping(turn: Turn, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        turn.set(token + 1, payload)
        token, payload = turn.wait(0)
    return at_ns


def pong(turn: Turn, tokens: int) -> array[int]:
    token = 0
    while token < tokens - 1:
        token, payload = turn.wait(1)
        turn.set(token + 1, payload)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Turn, Turn]]:
    with TurnManager(ctx=context) as manager:
        turn = manager.Turn()
        yield turn, turn
