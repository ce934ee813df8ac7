"""A module-level variable: a failure.

:Shared: nothing; each process has its own copy of ``message``.
:Framing: none.
:Waiting: none; ``recv`` reads the copy of its own process at once.
:Dead peer: goes unnoticed.
:Reach: nothing; what one process assigns, no other process sees.
:Carries: nothing; threads of one process do share it.
:Room: one message; the next one takes its place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

GUARANTEES: frozenset[str] = frozenset()

message = (0, b"")


class GlobalVariable:
    """One player's end: a plain assignment and a plain read."""

    def __init__(self, max_payload: int) -> None:
        self.max_payload = max_payload

    def send(self, new_message: tuple[int, bytes]) -> None:
        global message
        if (size := len(new_message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        message = new_message

    def recv(self) -> tuple[int, bytes]:
        return message


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[GlobalVariable, GlobalVariable]]:
    """Yield both ends. They hold nothing that could connect them."""
    yield GlobalVariable(max_payload), GlobalVariable(max_payload)
