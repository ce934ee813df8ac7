"""One duplex ``multiprocessing.Pipe``.

:Shared: a pair of connected ends; each process keeps one.
:Framing: a length and a pickle, both done by ``Connection``.
:Waiting: ``recv`` blocks until the other end sends.
:Dead peer: ``EOFError``, but only once every copy of its end is closed.
:Reach: processes of one machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

GUARANTEES = frozenset({"count", "order"})


@contextmanager
def open_pair(context: BaseContext, payload_size: int) -> Iterator[tuple[Connection, Connection]]:
    """Yield both ends. A ``Connection`` already has ``send`` and ``recv``."""
    first, second = context.Pipe()
    with first, second:
        yield first, second
