"""An object in a manager's process.

:Shared: one ``Cell`` in the manager's process; the players hold proxies of it.
:Framing: a pickled call and a pickled answer, both done by the proxy.
:Waiting: the call of ``recv`` is answered once the turn has come.
:Dead peer: goes unnoticed; a dead server is an ``EOFError``.
:Reach: processes of one machine.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.managers import BaseManager
from tempfile import TemporaryDirectory
from threading import Condition

GUARANTEES = frozenset({"count", "order"})

Message = tuple[int, bytes]


class Cell:
    """Lives in the server, which runs each player's calls in a thread of its own."""

    def __init__(self) -> None:
        self.message: Message = (0, b"")
        self.changed = Condition()

    def send(self, message: Message) -> None:
        with self.changed:
            self.message = message
            self.changed.notify()

    def recv(self, parity: int) -> Message:
        with self.changed:
            self.changed.wait_for(lambda: self.message[0] % 2 == parity)
            return self.message


class CellManager(BaseManager):
    Cell: type[Cell]


CellManager.register("Cell", Cell)


class ProxiedCell:
    """One player's end: Ping moves on even tokens, Pong on odd ones."""

    def __init__(self, cell: Cell, parity: int) -> None:
        self.cell = cell
        self.parity = parity

    def send(self, message: Message) -> None:
        self.cell.send(message)

    def recv(self) -> Message:
        return self.cell.recv(self.parity)


@contextmanager
def open_pair(context: BaseContext, payload_size: int) -> Iterator[tuple[ProxiedCell, ProxiedCell]]:
    """Start the server, yield both ends, stop the server."""
    with TemporaryDirectory() as folder:
        address = os.path.join(folder, "manager") if os.name == "posix" else None
        with CellManager(address, ctx=context) as manager:
            cell = manager.Cell()
            yield ProxiedCell(cell, 0), ProxiedCell(cell, 1)
