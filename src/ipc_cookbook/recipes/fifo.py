"""Two named pipes.

:Shared: two names in a folder that only its owner can enter; then a pipe each way.
:Framing: token and length, then the payload; a file reads all bytes it is asked for.
:Waiting: ``open`` blocks until the other side opens, ``read`` until all bytes arrive.
:Dead peer: ``EOFError`` at once, ``BrokenPipeError`` in ``send``.
:Reach: one machine; whoever knows the path, and may enter its folder.
:Carries: bytes; a pipe knows no messages, so each one says how long it is.
:Room: what the pipe holds, 64 KiB on Linux; then ``flush`` waits.
:Runs on: Linux, macOS; on Windows a pipe with a name is something else.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from typing import IO

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class FifoEnd(ExitStack):
    def __init__(self, paths: dict[str, str], max_payload: int) -> None:
        super().__init__()
        self.paths, self.max_payload = paths, max_payload
        self.files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> "FifoEnd":
        # in this order, or both wait for each other
        for mode, path in self.paths.items():
            self.files[mode] = self.enter_context(open(path, mode))
        self.outgoing, self.incoming = self.files["wb"], self.files["rb"]
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.outgoing.write(HEADER.pack(message[0], size) + message[1])
        self.outgoing.flush()

    def recv(self) -> tuple[int, bytes]:
        token, size = HEADER.unpack(self.read(HEADER.size))
        return token, self.read(size)

    def read(self, size: int) -> bytes:
        if len(data := self.incoming.read(size)) < size:
            raise EOFError("the other end is closed")
        return data


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[FifoEnd, FifoEnd]]:
    with TemporaryDirectory() as folder:
        there, back = os.path.join(folder, "there"), os.path.join(folder, "back")
        os.mkfifo(there, 0o600)
        os.mkfifo(back, 0o600)
        first, second = {"wb": there, "rb": back}, {"rb": there, "wb": back}
        yield FifoEnd(first, max_payload), FifoEnd(second, max_payload)
