"""A TCP connection, length-framed.

:Shared: nothing but a connection; each process holds one end.
:Framing: token and length in network byte order, then the payload.
:Waiting: ``recv`` blocks until bytes arrive.
:Dead peer: ``EOFError``; ``ConnectionResetError`` if it left bytes unread.
:Reach: hosts; ``open_pair`` stays on the loopback address, ``connect`` and ``admit`` do not.
"""

import socket as sockets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, MSG_WAITALL, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY, socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("!QQ")


class Caller:
    flags: int = MSG_WAITALL

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
        parts = []
        while size:
            parts.append(self.socket.recv(size, self.flags))
            size -= len(parts[-1])
            if not parts[-1]:
                raise EOFError("the other end closed the connection")
        return b"".join(parts)


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


# Between hosts: one that vanished is noticed after 8 s, where the system lets us say so.
PATIENCE = {"TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 8000}


class RemoteEnd(Caller):
    """Connected to another host already, over TLS."""

    flags = 0  # TLS takes none

    def __init__(self, own: socket, payload_size: int) -> None:
        super().__init__(own, own.getpeername(), payload_size)
        own.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        own.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        for name in vars(sockets).keys() & PATIENCE:
            own.setsockopt(IPPROTO_TCP, getattr(sockets, name), PATIENCE[name])

    def __enter__(self) -> "RemoteEnd":
        return self

    def expect(self, payload_size: int) -> None:
        """From now on, a message has a payload of so many bytes."""
        self.payload_size = payload_size


def connect(host: str, port: int, tls: "SSLContext", size: int, patience_s: float) -> RemoteEnd:
    """Call; whoever answers must have a certificate for the name that was called."""
    own = sockets.create_connection((host, port), patience_s)
    return RemoteEnd(tls.wrap_socket(own, server_hostname=host), size)


def admit(caller: socket, tls: "SSLContext", size: int, patience_s: float) -> RemoteEnd:
    """Let in whom a listening socket accepted, if it has the right certificate.

    A silent stranger takes all of the patience: each caller needs a thread of its own.
    """
    caller.settimeout(patience_s)  # before the handshake, which waits as well
    return RemoteEnd(tls.wrap_socket(caller, server_side=True), size)
