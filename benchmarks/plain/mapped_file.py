"""The barest careful loop over a file that both map, and a pipe for a bell."""

from __future__ import annotations

import mmap
import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TypeAlias

End: TypeAlias = tuple[str, Connection]
HEADER = struct.Struct("=QQ")


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    at_ns, token, (path, bell) = array("q"), 0, end
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            message = HEADER.pack(token + 1, len(payload)) + payload
            pages[: len(message)] = message
            bell.send_bytes(b"")
            bell.recv_bytes()
            token, size = HEADER.unpack_from(pages)
            payload = pages[HEADER.size : HEADER.size + size]
    return at_ns


def pong(end: End, tokens: int) -> array[int]:
    token, (path, bell) = 0, end
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
        while token < tokens - 1:
            bell.recv_bytes()
            token, size = HEADER.unpack_from(pages)
            payload = pages[HEADER.size : HEADER.size + size]
            message = HEADER.pack(token + 1, len(payload)) + payload
            pages[: len(message)] = message
            bell.send_bytes(b"")
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    first, second = context.Pipe()
    with first, second, TemporaryDirectory() as folder:
        path = os.path.join(folder, "pages")
        with open(path, "wb") as file:
            file.write(bytes(HEADER.size + size))
        yield (path, first), (path, second)
