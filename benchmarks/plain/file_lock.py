"""The barest careful loop over a file, and locks on three of its bytes that take turns."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, lockf
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Barrier
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TypeAlias

End: TypeAlias = tuple[str, Barrier]
HEADER = struct.Struct("=3xQQ")


def send(file: int, token: int, payload: bytes) -> None:
    os.pwrite(file, HEADER.pack(token, len(payload)) + payload, 0)
    lockf(file, LOCK_UN, 1, (1 - token) % 3)


def recv(file: int, token: int) -> tuple[int, bytes]:
    """:param token: the one that was sent last."""
    lockf(file, LOCK_EX, 1, -token % 3)
    token, size = HEADER.unpack(os.pread(file, HEADER.size, 0))
    return token, os.pread(file, size, HEADER.size)


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    at_ns, token, (path, both) = array("q"), 0, end
    with open(path, "r+b") as opened:
        lockf(file := opened.fileno(), LOCK_EX, 2, 0)
        both.wait()
        while token < tokens:
            at_ns.append(perf_counter_ns())
            send(file, token + 1, payload)
            token, payload = recv(file, token + 1)
    return at_ns


def pong(end: End, tokens: int) -> array[int]:
    token, (path, both) = 0, end
    with open(path, "r+b") as opened:
        lockf(file := opened.fileno(), LOCK_EX, 1, 2)
        both.wait()
        while token < tokens:
            token, payload = recv(file, token)
            token += 1
            send(file, token, payload)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    with TemporaryDirectory() as folder:
        with open(path := os.path.join(folder, "turns"), "wb") as file:
            file.write(bytes(HEADER.size + size))
        end = path, context.Barrier(2)
        yield end, end
