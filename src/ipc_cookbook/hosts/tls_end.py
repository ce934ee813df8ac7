"""An end that is connected to another host, over TCP and TLS."""

from __future__ import annotations

import socket
import struct
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY
from ssl import SSLContext

from ipc_cookbook.transport import Message

HEADER = struct.Struct("!QQ")

# One that vanished is noticed after 8 s, where the system lets us say so.
PATIENCE = {"TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 8000}


class TlsEnd:
    """Frames of token, length, and payload; the length is agreed beforehand."""

    def __init__(self, own: socket.socket, payload_size: int) -> None:
        self.socket, self.payload_size = own, payload_size
        own.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        own.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        for name in vars(socket).keys() & PATIENCE:
            own.setsockopt(IPPROTO_TCP, getattr(socket, name), PATIENCE[name])

    def __enter__(self) -> TlsEnd:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.socket.close()

    def expect(self, payload_size: int) -> None:
        """From now on, a message has a payload of so many bytes."""
        self.payload_size = payload_size

    def send(self, message: Message) -> None:
        token, payload = message
        self.socket.sendall(HEADER.pack(token, len(payload)) + payload)

    def recv(self) -> Message:
        token, length = HEADER.unpack(self.recv_exactly(HEADER.size))
        if length != self.payload_size:
            raise ValueError(f"{length} bytes announced, {self.payload_size} agreed")
        return token, self.recv_exactly(length)

    def recv_exactly(self, size: int) -> bytes:
        parts = []
        while size:
            parts.append(self.socket.recv(size))
            size -= len(parts[-1])
            if not parts[-1]:
                raise EOFError("the other end closed the connection")
        return b"".join(parts)


def connect(host: str, port: int, tls: SSLContext, size: int, patience_s: float) -> TlsEnd:
    """Call; whoever answers must have a certificate for the name that was called."""
    own = socket.create_connection((host, port), patience_s)
    return TlsEnd(tls.wrap_socket(own, server_hostname=host), size)


def admit(caller: socket.socket, tls: SSLContext, size: int, patience_s: float) -> TlsEnd:
    """Let in whom a listening socket accepted, if it has the right certificate.

    A silent stranger takes all of the patience: each caller needs a thread of its own.
    """
    caller.settimeout(patience_s)  # before the handshake, which waits as well
    return TlsEnd(tls.wrap_socket(caller, server_side=True), size)
