"""One duplex ``multiprocessing.Pipe``.

:Shared: a pair of connected ends; each process keeps one.
:Framing: a length and a pickle, both done by ``Connection``.
:Waiting: ``recv`` blocks until the other end sends.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its end is open.
:Reach: related processes; an end is inherited, or sent over another ``Connection``.
:Carries: pickles; any picklable object would do.
:Room: what the system's buffer holds, some 200 KiB on Linux; then ``send`` waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

GUARANTEES = frozenset({"count", "order"})

Message = tuple[int, bytes]


class PipeEnd:
    """One player's end: a ``Connection``, which has ``send`` and ``recv`` already."""

    def __init__(
        self, connection: "Connection[Message, Message]", max_payload: int
    ) -> None:
        self.connection = connection
        self.max_payload = max_payload

    def send(self, message: Message) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.connection.send(message)

    def recv(self) -> Message:
        return self.connection.recv()


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[PipeEnd, PipeEnd]]:
    """Yield both ends of the pipe."""
    first, second = context.Pipe()
    with first, second:
        yield PipeEnd(first, max_payload), PipeEnd(second, max_payload)
