"""An object in a manager's process.

:Shared: a variable in the manager's process; the players hold proxies of what is there.
:Framing: a pickled call and a pickled answer, both done by the proxy.
:Waiting: a call of ``recv`` is answered once the turn has come: Ping's on even tokens.
:Dead peer: goes unnoticed; a dead server is ``EOFError`` or ``ConnectionResetError``.
:Reach: one machine; whoever knows the server's address and its key can connect.
:Carries: pickles; the arguments and the results of any method would do.
:Room: one message; the next one takes its place.
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


class ManagedEnd:
    """Lives in the server, whose threads run the calls; the players hold proxies."""

    message: Message = (0, b"")
    changed = Condition()

    def __init__(self, parity: int, max_payload: int) -> None:
        self.parity, self.max_payload = parity, max_payload

    def send(self, message: Message) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        with self.changed:
            ManagedEnd.message = message
            self.changed.notify()

    def recv(self) -> Message:
        with self.changed:
            self.changed.wait_for(lambda: self.message[0] % 2 == self.parity)
            return self.message


class EndManager(BaseManager):
    ManagedEnd: type[ManagedEnd]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[ManagedEnd, ManagedEnd]]:
    """Start the server, yield proxies of both ends, stop the server."""
    EndManager.register("ManagedEnd", ManagedEnd)
    # the folder goes with the socket in it, even if the server is killed
    with TemporaryDirectory() as folder:
        address = os.path.join(folder, "manager") if os.name == "posix" else None
        with EndManager(address, ctx=context) as manager:
            yield manager.ManagedEnd(0, max_payload), manager.ManagedEnd(1, max_payload)
