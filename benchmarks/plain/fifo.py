"""The barest careful loop over two named pipes: one write and one read for a small message."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import IO, TypeAlias

Paths: TypeAlias = tuple[str, str]
HEADER = struct.Struct("=QQ")


def read(file: IO[bytes], size: int) -> bytes:
    if len(data := file.read(size)) < size:
        raise EOFError("the other end is closed")
    return data


def ping(paths: Paths, tokens: int, payload: bytes) -> array[int]:
    at_ns, token, (there, back) = array("q"), 0, paths
    with open(there, "wb") as outgoing, open(back, "rb") as incoming:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            outgoing.write(HEADER.pack(token + 1, len(payload)) + payload)
            outgoing.flush()
            token, size = HEADER.unpack(read(incoming, HEADER.size))
            payload = read(incoming, size)
    return at_ns


def pong(paths: Paths, tokens: int) -> array[int]:
    token, (there, back) = 0, paths
    with open(there, "rb") as incoming, open(back, "wb") as outgoing:
        while token < tokens - 1:
            token, size = HEADER.unpack(read(incoming, HEADER.size))
            outgoing.write(HEADER.pack(token + 1, size) + read(incoming, size))
            outgoing.flush()
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Paths, Paths]]:
    with TemporaryDirectory() as folder:
        paths = os.path.join(folder, "there"), os.path.join(folder, "back")
        for path in paths:
            os.mkfifo(path)
        yield paths, paths
