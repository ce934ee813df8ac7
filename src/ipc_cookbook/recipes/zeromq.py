"""A pair of ZeroMQ sockets.

:Shared: an address; a thread of ZeroMQ's own does the talking in each process.
:Framing: done by ZeroMQ; a message is the token in 8 bytes, then the payload.
:Waiting: ``recv`` blocks until a whole message has arrived.
:Dead peer: goes unnoticed by ``recv``; a monitor of the socket is told of it.
:Reach: hosts; here the address is a file, in a folder that only its owner can enter.
:Carries: bytes; ZeroMQ keeps their length, and knows nothing of what they mean.
:Room: 1,000 messages a side by default; ``send`` waits for the first one to connect.
:Needs: pyzmq
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory

import zmq

GUARANTEES = frozenset({"count", "order"})
TOKEN_BYTES = 8
HANDSHAKE_BYTES = 1024  # ZeroMQ counts its own handshake among the messages
if not zmq.has("ipc"):
    raise ImportError("this pyzmq has no ipc://, so there is no private place to meet")


class ZmqEnd:
    def __init__(
        self, meet: Callable[..., object], address: str, max_payload: int
    ) -> None:
        self.meet, self.address, self.max_payload = meet, address, max_payload

    def __enter__(self) -> "ZmqEnd":
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.maxmsgsize = HANDSHAKE_BYTES + TOKEN_BYTES + self.max_payload
        self.socket.reconnect_ivl = 5  # ms, if one connects before the other binds
        self.meet(self.socket, self.address)
        return self

    def __exit__(self, error: object, *details: object) -> None:
        self.context.destroy(linger=1000 if error in (None, SystemExit) else 0)

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.socket.send(message[0].to_bytes(TOKEN_BYTES) + message[1])

    def recv(self) -> tuple[int, bytes]:
        data = self.socket.recv()
        return int.from_bytes(data[:TOKEN_BYTES]), data[TOKEN_BYTES:]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[ZmqEnd, ZmqEnd]]:
    """Yield both ends of an address that nobody else can reach."""
    with TemporaryDirectory() as folder:
        place = "ipc://" + os.path.join(folder, "pair"), max_payload
        yield ZmqEnd(zmq.Socket.bind, *place), ZmqEnd(zmq.Socket.connect, *place)
