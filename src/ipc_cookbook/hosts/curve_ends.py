"""Ends that are connected to another host, over ZeroMQ and CURVE."""

from __future__ import annotations

import struct

import zmq

from ipc_cookbook.transport import Message

HANDSHAKE_BYTES = 1024  # ZeroMQ counts its own greeting among the messages

# One that vanished is noticed, and a connection that broke is not made again.
DOMAIN = "remote ends"
OPTIONS = {
    zmq.HEARTBEAT_IVL: 2000,
    zmq.HEARTBEAT_TIMEOUT: 8000,
    zmq.RECONNECT_IVL: 3_600_000,  # to forbid it would lose what has just arrived
    zmq.SNDTIMEO: 0,
}
LISTENER_OPTIONS = {zmq.HANDSHAKE_IVL: 1000, zmq.BACKLOG: 256, zmq.ZAP_ENFORCE_DOMAIN: 1}


class CurveCaller:
    """Calls another host. The keys are its own two, and the only one that may answer."""

    kind = zmq.DEALER
    events = zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    gone: str | None = None
    descriptor: int | None = None  # of the one connection that counts; None for any

    def __init__(self, address: str, payload_size: int, keys: tuple[bytes, ...]) -> None:
        self.address, self.payload_size, self.keys = address, payload_size, keys

    def __enter__(self) -> CurveCaller:
        self.expect(self.payload_size)
        self.context = zmq.Context()
        self.socket = self.context.socket(self.kind)
        self.socket.linger = 0
        self.socket.maxmsgsize = HANDSHAKE_BYTES + self.frame.size
        self.open()
        return self

    def expect(self, payload_size: int) -> None:
        """From now on, a message has a payload of so many bytes."""
        self.frame = struct.Struct(f"!Q{payload_size}s")

    def __exit__(self, error: object, *details: object) -> None:
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close(linger=0 if error else 1000)
        self.context.term()

    def open(self) -> None:
        self.monitor = self.socket.get_monitor_socket(self.events)
        self.socket.ipv6 = "[" in self.address
        for option, value in OPTIONS.items():
            self.socket.set(option, value)
        if self.keys:
            self.socket.curve_publickey, self.socket.curve_secretkey, other = self.keys
            self.socket.curve_serverkey = other
        self.reach()

    def reach(self) -> None:
        self.socket.connect(self.address)

    def send(self, message: Message) -> None:
        try:
            self.socket.send(self.frame.pack(*message))
        except zmq.Again:  # there is no connection to put it into
            self.wait()

    def recv(self) -> Message:
        self.wait()
        token, payload = self.frame.unpack(self.socket.recv())
        return token, payload

    def wait(self) -> None:
        """Until there is a message, or nobody left to send one."""
        while not int(self.socket.get(zmq.EVENTS)) & zmq.POLLIN:
            if self.gone:
                raise EOFError(self.gone)
            if self.monitor in zmq.select([self.socket, self.monitor], [], [])[0]:
                self.take_note()

    def take_note(self) -> None:
        """Of something that happened to a connection."""
        from zmq.utils.monitor import recv_monitor_message

        happened = recv_monitor_message(self.monitor)
        if self.descriptor in (None, happened["value"]):  # no recipe
            self.gone = self.gone or zmq.Event(happened["event"]).name


class CurveListener(CurveCaller):
    """Plays with whoever speaks first. CURVE alone lets every key in; the door does not."""

    kind, events = zmq.ROUTER, zmq.EVENT_DISCONNECTED
    descriptor = -1
    peer = for_others = b""

    def __exit__(self, error: object, *details: object) -> None:
        self.authenticator.stop()
        super().__exit__(error)

    def reach(self) -> None:
        from zmq.auth.thread import ThreadAuthenticator

        self.authenticator = ThreadAuthenticator(self.context)
        self.authenticator.start()
        self.authenticator.configure_curve_callback(DOMAIN, self)
        self.socket.curve_server, self.socket.zap_domain = bool(self.keys), DOMAIN.encode()
        for option, value in LISTENER_OPTIONS.items():
            self.socket.set(option, value)
        self.socket.bind(self.address)

    def callback(self, domain: str, key: bytes) -> bool:
        return key == self.keys[2]

    def send(self, message: Message) -> None:
        self.socket.send(self.peer, zmq.SNDMORE)
        super().send(message)

    def recv(self) -> Message:
        self.wait()
        sender, *_, data = self.socket.recv_multipart(copy=False)
        while self.peer not in (b"", sender.bytes):
            self.socket.send_multipart([sender.bytes, self.for_others])
            self.wait()
            sender, *_, data = self.socket.recv_multipart(copy=False)
        self.peer, self.descriptor = sender.bytes, data.get(zmq.SRCFD)
        token, payload = self.frame.unpack(data.bytes)
        return token, payload
