"""A module-level variable: a failure.

:Shared: nothing; each process has its own copy of ``message``.
:Framing: none.
:Waiting: none; ``recv`` reads the copy of its own process at once.
:Dead peer: goes unnoticed.
:Reach: nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

GUARANTEES: frozenset[str] = frozenset()

message = (0, b"")


class GlobalVariable:
    """One player's end: a plain assignment and a plain read."""

    def send(self, new_message: tuple[int, bytes]) -> None:
        global message
        message = new_message

    def recv(self) -> tuple[int, bytes]:
        return message


@contextmanager
def open_pair(
    context: BaseContext, payload_size: int
) -> Iterator[tuple[GlobalVariable, GlobalVariable]]:
    """Yield both ends. They hold nothing that could connect them."""
    if payload_size:
        raise ValueError("payload must be empty: a global variable carries nothing across")
    yield GlobalVariable(), GlobalVariable()
