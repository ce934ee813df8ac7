"""A ``Value``, its lock, and a condition.

:Shared: the token, the payload and its length, and the lock that guards all three.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``wait_for`` sleeps until the other player notifies.
:Dead peer: goes unnoticed; a lock is lost with it, ``notify`` waits for a dead one.
:Reach: related processes; memory and lock are inherited, they cannot be sent.
:Carries: bytes; they are written into the shared memory and read out of it.
:Room: one message; the next one takes its place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import Array, c_char, c_int64
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Condition
from typing import cast

GUARANTEES = frozenset({"count", "order"})


class SharedCell:
    """One player's end: Ping moves on even tokens, Pong on odd ones."""

    def __init__(
        self,
        token: "Synchronized[int]",
        length: c_int64,
        payload: Array[c_char],
        changed: Condition,
        parity: int,
    ) -> None:
        self.token, self.length, self.payload = token, length, payload
        self.changed, self.parity = changed, parity

    def is_my_turn(self) -> bool:
        return self.token.value % 2 == self.parity

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        if (size := len(payload)) > (most := len(self.payload)):
            raise ValueError(f"payload: at most {most} bytes, not {size}")
        with self.changed:
            self.payload.raw, self.length.value, self.token.value = payload, size, token
            self.changed.notify()

    def recv(self) -> tuple[int, bytes]:
        with self.changed:
            self.changed.wait_for(self.is_my_turn)
            return self.token.value, cast(bytes, self.payload[: self.length.value])


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[SharedCell, SharedCell]]:
    """Yield both ends: the same memory, seen from either side."""
    token, length = context.Value("q", 0), context.RawValue(c_int64, 0)
    memory = token, length, context.RawArray(c_char, max_payload)
    changed = context.Condition(token.get_lock())
    yield SharedCell(*memory, changed, 0), SharedCell(*memory, changed, 1)
