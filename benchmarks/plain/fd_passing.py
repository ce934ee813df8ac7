"""The barest careful loop over memory whose descriptor is sent, and a socket for a bell."""

from __future__ import annotations

import mmap
import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import recv_fds, send_fds, socket, socketpair
from time import perf_counter_ns

HEADER = struct.Struct("=QQ")


def ping(bell: socket, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with mmap.mmap(recv_fds(bell, 1, maxfds=1)[1][0], 0) as pages:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            message = HEADER.pack(token + 1, len(payload)) + payload
            pages[: len(message)] = message
            bell.send(b"!")
            bell.recv(1)
            token, size = HEADER.unpack_from(pages)
            payload = pages[HEADER.size : HEADER.size + size]
    return at_ns


def pong(bell: socket, tokens: int) -> array[int]:
    token = 0
    with mmap.mmap(recv_fds(bell, 1, maxfds=1)[1][0], 0) as pages:
        while token < tokens - 1:
            bell.recv(1)
            token, size = HEADER.unpack_from(pages)
            payload = pages[HEADER.size : HEADER.size + size]
            message = HEADER.pack(token + 1, len(payload)) + payload
            pages[: len(message)] = message
            bell.send(b"!")
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[socket, socket]]:
    first, second = socketpair()
    with first, second, open(os.memfd_create("turns"), "wb") as memory:
        memory.truncate(HEADER.size + size)
        for end in first, second:
            send_fds(end, [b"!"], [memory.fileno()])
        yield first, second
