"""A Unix socket with a name, length-framed.

:Shared: a name in a folder that only its owner can enter; then a connection.
:Framing: token and length, then the payload; what is early is kept for the next one.
:Waiting: ``recv`` blocks until bytes arrive.
:Dead peer: ``EOFError`` at once; ``ConnectionResetError`` if it had left bytes unread.
:Reach: one machine; whoever knows the path, and may enter its folder.
:Carries: bytes; the socket knows no messages, so each one says how long it is.
:Room: what the system's buffer holds, some 200 KiB on Linux; then ``sendall`` waits.
:Runs on: Linux, macOS; Windows has them, and Python cannot open them there.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from socket import AF_UNIX, MSG_WAITALL, socket
from tempfile import TemporaryDirectory

GUARANTEES = frozenset({"count", "order"})


class UnixEnd(ExitStack):
    def __init__(self, place: socket | str, max_payload: int) -> None:
        super().__init__()
        self.place, self.max_payload, self.unread = place, max_payload, b""

    def __enter__(self) -> "UnixEnd":
        if isinstance(self.place, str):
            self.connection = socket(AF_UNIX)
            self.connection.connect(self.place)
        else:
            self.place.setblocking(True)  # whatever the default is
            self.connection, _ = self.place.accept()
        self.enter_context(self.connection).setblocking(True)
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.connection.sendall(message[0].to_bytes(8) + size.to_bytes(8) + message[1])

    def recv(self) -> tuple[int, bytes]:
        header = self.take(16, self.max_payload)
        return int.from_bytes(header[:8]), self.take(int.from_bytes(header[8:]))

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
) -> Iterator[tuple[UnixEnd, UnixEnd]]:
    with TemporaryDirectory() as folder, socket(AF_UNIX) as listener:
        listener.bind(path := f"{folder}/meeting")
        listener.listen()
        yield UnixEnd(listener, max_payload), UnixEnd(path, max_payload)
