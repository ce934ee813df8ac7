"""A TCP connection, length-framed.

:Shared: nothing but a connection; each process holds one end.
:Framing: token and length in network byte order, then the payload.
:Waiting: ``recv`` blocks until bytes arrive.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its end is open.
:Reach: hosts; here both ends are on the loopback address, and inherited.
:Carries: bytes; TCP knows no messages, so each one says how long it is.
:Room: what the systems' buffers hold, some MiB on Linux; then ``sendall`` waits.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("!QQ")


class TcpEnd(ExitStack):
    def __init__(self, connection: socket.socket, max_payload: int) -> None:
        super().__init__()
        self.connection, self.max_payload, self.unread = connection, max_payload, b""

    def __enter__(self) -> "TcpEnd":
        self.enter_context(self.connection).setblocking(True)  # whatever the default is
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
            flags = 0 if more else socket.MSG_WAITALL
            if not (data := self.connection.recv(missing + more, flags)):
                raise EOFError("the other end closed the connection")
            self.unread += data
        taken, self.unread = self.unread[:size], self.unread[size:]
        return taken


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[TcpEnd, TcpEnd]]:
    """Connect two sockets, and turn away a stranger who was quicker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        first = socket.create_connection(listener.getsockname())
        while (accepted := listener.accept())[1] != first.getsockname():
            accepted[0].close()
    with first, accepted[0] as second:
        yield TcpEnd(first, max_payload), TcpEnd(second, max_payload)
