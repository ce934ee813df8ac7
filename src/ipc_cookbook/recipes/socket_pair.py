"""A pair of connected sockets, length-framed.

:Shared: nothing but the connection; each process holds one end.
:Framing: token and length, then the payload; a file reads as many bytes as it is asked for.
:Waiting: ``read`` blocks until all bytes have arrived.
:Dead peer: ``EOFError`` once every copy of its end is closed, or ``ConnectionResetError``.
:Reach: related processes; an end is inherited, or sent over another Unix socket.
:Carries: bytes; the socket knows no messages, so each one says how long it is.
:Room: what the system's buffer holds, some 200 KiB on Linux; then ``flush`` waits.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import socket, socketpair

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class SocketEnd:
    def __init__(self, connection: socket, max_payload: int) -> None:
        self.connection, self.max_payload = connection, max_payload

    def __enter__(self) -> "SocketEnd":
        self.connection.setblocking(True)  # whatever the program's default is
        self.file = self.connection.makefile("rwb")
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self.connection:
            self.file.close()  # which sends what is left, and may fail

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload must have at most {self.max_payload} bytes, not {size}")
        self.file.write(HEADER.pack(message[0], size) + message[1])
        self.file.flush()

    def recv(self) -> tuple[int, bytes]:
        token, size = HEADER.unpack(self.read(HEADER.size))
        if size > self.max_payload:
            raise ValueError(f"{size} bytes announced, at most {self.max_payload} agreed")
        return token, self.read(size)

    def read(self, size: int) -> bytes:
        if len(data := self.file.read(size)) < size:
            raise EOFError("the other end closed the connection")
        return data


@contextmanager
def open_pair(context: BaseContext, max_payload: int) -> Iterator[tuple[SocketEnd, SocketEnd]]:
    """Yield both ends of the connection."""
    first, second = socketpair()
    with first, second:
        yield SocketEnd(first, max_payload), SocketEnd(second, max_payload)
