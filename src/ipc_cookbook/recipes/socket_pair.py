"""A pair of connected sockets, length-framed.

:Shared: nothing but the connection; each process holds one end.
:Framing: token and length, then the payload; what is early is kept for the next one.
:Waiting: ``recv`` blocks until bytes arrive.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its end is open.
:Reach: related processes; an end is inherited, or sent over another Unix socket.
:Carries: bytes; the socket knows no messages, so each one says how long it is.
:Room: what the system's buffer holds, some 200 KiB on Linux; then ``sendall`` waits.
"""

import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from socket import MSG_WAITALL, socket, socketpair

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class SocketEnd(ExitStack):
    def __init__(self, connection: socket, max_payload: int) -> None:
        super().__init__()
        self.connection, self.max_payload, self.unread = connection, max_payload, b""

    def __enter__(self) -> "SocketEnd":
        self.enter_context(self.connection).setblocking(True)  # whatever the default is
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.connection.sendall(HEADER.pack(message[0], size) + message[1])

    def recv(self) -> tuple[int, bytes]:
        token, size = HEADER.unpack(self.take(HEADER.size, self.max_payload))
        if size > self.max_payload:
            raise ValueError(f"{size} bytes announced, up to {self.max_payload} agreed")
        return token, self.take(size)

    def take(self, size: int, more: int = 0) -> bytes:
        while (missing := size - len(self.unread)) > 0:
            flags = 0 if more else MSG_WAITALL
            if not (data := self.connection.recv(missing + more, flags)):
                raise EOFError("the other end closed the connection")
            self.unread += data
        taken, self.unread = self.unread[:size], self.unread[size:]
        return taken


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[SocketEnd, SocketEnd]]:
    """Yield both ends of the connection."""
    first, second = socketpair()
    with first, second:
        yield SocketEnd(first, max_payload), SocketEnd(second, max_payload)
