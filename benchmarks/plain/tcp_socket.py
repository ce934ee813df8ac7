"""The barest careful loop over a TCP connection: one write and one read for a small message."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, create_server, socket
from time import perf_counter_ns

HEADER = struct.Struct("!QQ")
BUFFER_BYTES = 128 * 1024


def read(connection: socket) -> tuple[int, bytes]:
    """Take what is there, which is a whole message as a rule; read on for what is missing."""
    data = connection.recv(BUFFER_BYTES)
    while len(data) < HEADER.size:
        data += read_more(connection)
    token, size = HEADER.unpack_from(data)
    if len(data) < HEADER.size + size:
        grown = bytearray(data)
        while len(grown) < HEADER.size + size:
            grown += read_more(connection)
        data = bytes(grown)
    return token, data[HEADER.size :]


def read_more(connection: socket) -> bytes:
    if not (more := connection.recv(BUFFER_BYTES)):
        raise EOFError("the other end closed the connection")
    return more


def ping(connection: socket, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        connection.sendall(HEADER.pack(token + 1, len(payload)) + payload)
        token, payload = read(connection)
    return at_ns


def pong(connection: socket, tokens: int) -> array[int]:
    token = 0
    while token < tokens - 1:
        token, payload = read(connection)
        connection.sendall(HEADER.pack(token + 1, len(payload)) + payload)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[socket, socket]]:
    with create_server(("127.0.0.1", 0)) as listener:
        first = create_connection(listener.getsockname())
        second, _ = listener.accept()
    with first, second:
        for end in first, second:
            end.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        yield first, second
