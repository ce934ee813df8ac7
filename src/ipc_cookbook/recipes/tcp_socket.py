"""A TCP connection, length-framed.

:Shared: nothing but a connection; each process holds one end.
:Framing: token and length in network byte order, then the payload.
:Waiting: ``recv`` blocks until bytes arrive.
:Dead peer: ``EOFError``; ``ConnectionResetError`` if it left bytes unread.
:Reach: hosts; this one stays on the loopback address.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, MSG_WAITALL, TCP_NODELAY, socket

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("!QQ")


class Caller:
    def __init__(self, own: socket, peer: tuple[str, int], payload_size: int) -> None:
        self.socket, self.peer, self.payload_size = own, peer, payload_size

    def __enter__(self) -> "Caller":
        self.socket.connect(self.peer)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.socket.close()

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        self.socket.sendall(HEADER.pack(token, len(payload)) + payload)

    def recv(self) -> tuple[int, bytes]:
        token, length = HEADER.unpack(self.recv_exactly(HEADER.size))
        if length != self.payload_size:
            raise ValueError(f"{length} bytes announced, {self.payload_size} agreed")
        return token, self.recv_exactly(length)

    def recv_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data), MSG_WAITALL)
            if not more:
                raise EOFError("the other end closed the connection")
            data += more
        return data


class Listener(Caller):
    def __enter__(self) -> "Listener":
        with self.socket as listener:
            self.socket, address = listener.accept()
            while address != self.peer:
                self.socket.close()
                self.socket, address = listener.accept()
        return self


@contextmanager
def open_pair(context: BaseContext, payload_size: int) -> Iterator[tuple[Listener, Caller]]:
    """Bind both sockets, so that each player knows the other's address."""
    with socket() as first, socket() as second:
        for bound in first, second:
            bound.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            bound.bind(("127.0.0.1", 0))
        first.listen()
        there, here = second.getsockname(), first.getsockname()
        yield Listener(first, there, payload_size), Caller(second, here, payload_size)
