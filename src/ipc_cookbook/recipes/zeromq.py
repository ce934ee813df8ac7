"""A pair of ZeroMQ sockets.

:Shared: an address; a thread of ZeroMQ's own does the talking in each process.
:Framing: done by ZeroMQ; a message is the token in 8 bytes, then the payload.
:Waiting: ``recv`` blocks until a whole message has arrived.
:Dead peer: goes unnoticed; ZeroMQ waits for it to come back.
:Reach: hosts; this one stays in a folder that only its owner can enter.
:Needs: pyzmq
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory

import zmq

GUARANTEES = frozenset({"count", "order"})
TOKEN = struct.Struct("!Q")
HANDSHAKE_BYTES = 1024  # ZeroMQ counts its own greeting among the messages


class BindingEnd:
    def __init__(self, address: str, payload_size: int) -> None:
        self.address, self.payload_size = address, payload_size

    def __enter__(self) -> "BindingEnd":
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PAIR)
        self.socket.linger = 0
        self.socket.maxmsgsize = HANDSHAKE_BYTES + self.payload_size
        self.open()
        return self

    def __exit__(self, error: object, *details: object) -> None:
        self.socket.close(linger=0 if error else 1000)
        self.context.term()

    def open(self) -> None:
        self.socket.bind(self.address)

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        self.socket.send(TOKEN.pack(token) + payload)

    def recv(self) -> tuple[int, bytes]:
        data = self.socket.recv()
        return TOKEN.unpack_from(data)[0], data[TOKEN.size :]


class ConnectingEnd(BindingEnd):
    def open(self) -> None:
        self.socket.reconnect_ivl = 5
        self.socket.connect(self.address)


@contextmanager
def open_pair(
    context: BaseContext, payload_size: int
) -> Iterator[tuple[BindingEnd, ConnectingEnd]]:
    """Yield both ends of an address that nobody else can reach."""
    with TemporaryDirectory() as folder:
        address = "ipc://" + os.path.join(folder, "pair")
        yield BindingEnd(address, payload_size), ConnectingEnd(address, payload_size)
