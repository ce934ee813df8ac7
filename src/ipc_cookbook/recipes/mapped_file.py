"""A file that both map, and a bell.

:Shared: a file's pages for token, length and payload; a pipe on which nothing is said.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``recv`` blocks until the other player has rung.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its bell is open.
:Reach: related processes; any program may map the file, the bell is inherited.
:Carries: bytes; they are written into the file's pages and read out of them.
:Room: one message; the next one takes its place.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class MappedFile:
    def __init__(self, path: str, bell: Connection, max_payload: int) -> None:
        self.path, self.bell, self.max_payload = path, bell, max_payload

    def __enter__(self) -> "MappedFile":
        with open(self.path, "r+b") as file:
            self.pages = mmap.mmap(file.fileno(), HEADER.size + self.max_payload)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.pages.close()
        self.bell.close()

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.pages[: HEADER.size + size] = HEADER.pack(message[0], size) + message[1]
        self.bell.send_bytes(b"")

    def recv(self) -> tuple[int, bytes]:
        self.bell.recv_bytes()
        token, size = HEADER.unpack_from(self.pages)
        return token, self.pages[HEADER.size : HEADER.size + size]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[MappedFile, MappedFile]]:
    """Write the file, so that the disk has room for it, and yield both ends."""
    first, second = context.Pipe()
    with first, second, TemporaryDirectory() as folder:
        path = os.path.join(folder, "pages")
        with open(path, "wb") as file:
            file.write(bytes(HEADER.size + max_payload))
        yield (
            MappedFile(path, first, max_payload),
            MappedFile(path, second, max_payload),
        )
