"""A ``Value``, its lock, and a condition.

:Shared: the token, the payload beside it, and the lock that guards both.
:Framing: none; the memory has the payload's size from the start.
:Waiting: ``wait_for`` sleeps until the other player notifies.
:Dead peer: goes unnoticed; a lock dies with its holder.
:Reach: processes of one machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import Array, c_char
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Condition

GUARANTEES = frozenset({"count", "order"})


class SharedCell:
    """One player's end: Ping moves on even tokens, Pong on odd ones."""

    def __init__(
        self, token: "Synchronized[int]", payload: Array[c_char], changed: Condition, parity: int
    ) -> None:
        self.token = token
        self.payload = payload
        self.changed = changed
        self.parity = parity

    def is_my_turn(self) -> bool:
        return self.token.value % 2 == self.parity

    def send(self, message: tuple[int, bytes]) -> None:
        with self.changed:
            self.token.value, self.payload.raw = message
            self.changed.notify()

    def recv(self) -> tuple[int, bytes]:
        with self.changed:
            self.changed.wait_for(self.is_my_turn)
            return self.token.value, self.payload.raw


@contextmanager
def open_pair(context: BaseContext, payload_size: int) -> Iterator[tuple[SharedCell, SharedCell]]:
    """Yield both ends: the same memory, seen from either side."""
    token = context.Value("q", 0)
    payload = context.RawArray(c_char, payload_size)
    changed = context.Condition(token.get_lock())
    yield SharedCell(token, payload, changed, 0), SharedCell(token, payload, changed, 1)
