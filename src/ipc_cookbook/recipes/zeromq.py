"""A pair of ZeroMQ sockets.

:Shared: an address; a thread of ZeroMQ's own does the talking in each process.
:Framing: done by ZeroMQ; a message is the token in 8 bytes, then the payload.
:Waiting: ``recv`` blocks until a whole message has arrived.
:Dead peer: goes unnoticed; ZeroMQ waits for it to come back.
:Reach: hosts; ``open_pair`` stays in a folder that only its owner can enter.
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
    kind = zmq.PAIR

    def __init__(self, address: str, payload_size: int) -> None:
        self.address, self.payload_size = address, payload_size

    def __enter__(self) -> "BindingEnd":
        self.context = zmq.Context()
        self.socket = self.context.socket(self.kind)
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


# Between hosts: a vanished one is noticed, and a connection that broke is not made again.
DOMAIN = "remote ends"
EVENT = struct.Struct("=hi")
OPTIONS = {zmq.HEARTBEAT_IVL: 2000, zmq.HEARTBEAT_TIMEOUT: 8000, zmq.RECONNECT_IVL: 3_600_000}
LISTENER_OPTIONS = {zmq.HANDSHAKE_IVL: 1000, zmq.BACKLOG: 256, zmq.ZAP_ENFORCE_DOMAIN: 1}


class RemoteEnd(BindingEnd):
    """Calls another host. The keys are its own two, and the only one that may answer."""

    kind = zmq.DEALER
    watched = zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    gone: str | None = None
    descriptor: object = None
    for_others = b""

    def __init__(self, address: str, payload_size: int, keys: tuple[bytes, ...]) -> None:
        super().__init__(address, payload_size)
        self.keys, self.route = keys, list[bytes]()

    def __exit__(self, error: object, *details: object) -> None:
        self.socket.disable_monitor()
        self.watch.close()
        super().__exit__(error)

    def open(self) -> None:
        self.watch = self.socket.get_monitor_socket(self.watched)
        self.socket.ipv6 = "[" in self.address
        for option, value in OPTIONS.items():
            self.socket.set(option, value)
        if self.keys:
            self.socket.curve_publickey, self.socket.curve_secretkey, other = self.keys
            self.socket.curve_serverkey = other
        self.reach()

    def reach(self) -> None:
        self.socket.connect(self.address)

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        self.socket.send_multipart([*self.route, TOKEN.pack(token) + payload])

    def recv(self) -> tuple[int, bytes]:
        sender, data = self.recv_frames()
        while self.route and sender != self.route:
            self.socket.send_multipart([*sender, self.for_others])
            sender, data = self.recv_frames()
        self.route, self.descriptor = sender, data.get(zmq.SRCFD)
        return TOKEN.unpack_from(data.bytes)[0], data.bytes[TOKEN.size :]

    def recv_frames(self) -> tuple[list[bytes], zmq.Frame]:
        while not int(self.socket.get(zmq.EVENTS)) & zmq.POLLIN:
            if self.gone:
                raise EOFError(self.gone)
            if self.watch in zmq.select([self.socket, self.watch], [], [])[0]:
                self.take_note()
        *sender, data = self.socket.recv_multipart(copy=False)
        return [frame.bytes for frame in sender], data

    def take_note(self) -> None:
        event, descriptor = EVENT.unpack(self.watch.recv_multipart()[0])
        if self.kind == zmq.DEALER or descriptor == self.descriptor:
            self.gone = self.gone or zmq.Event(event).name


class RemoteListener(RemoteEnd):
    """Plays with whoever speaks first. CURVE alone lets every key in; the door does not."""

    kind, watched = zmq.ROUTER, zmq.EVENT_DISCONNECTED

    def reach(self) -> None:
        from zmq.auth.thread import ThreadAuthenticator

        self.door = ThreadAuthenticator(self.context)
        self.door.start()
        self.door.configure_curve_callback(DOMAIN, self)
        self.socket.curve_server, self.socket.zap_domain = bool(self.keys), DOMAIN.encode()
        for option, value in LISTENER_OPTIONS.items():
            self.socket.set(option, value)
        self.socket.bind(self.address)

    def callback(self, domain: str, key: bytes) -> bool:
        return key == self.keys[2]

    def __exit__(self, error: object, *details: object) -> None:
        self.door.stop()
        super().__exit__(error)
