"""The barest careful loop over a TCP connection: one write and one read a message."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, create_server, socket
from time import perf_counter_ns

HEADER = struct.Struct("!QQ")
BUFFER_BYTES = 64 * 1024


def write(connection: socket, token: int, payload: bytes = b"") -> None:
    connection.sendall(HEADER.pack(token, len(payload)) + payload)


def read(connection: socket) -> int:
    """Take what is there, which is a whole message as a rule; read on for what is missing."""
    data = connection.recv(BUFFER_BYTES)
    while len(data) < HEADER.size:
        data += read_more(connection)
    token: int
    token, size = HEADER.unpack_from(data)
    while len(data) < HEADER.size + size:
        data += read_more(connection)
    return token


def read_more(connection: socket) -> bytes:
    more = connection.recv(BUFFER_BYTES)
    if not more:
        raise EOFError("the other end closed the connection")
    return more


def ping(connection: socket, tokens: int) -> array[int]:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        write(connection, token + 1)
        token = read(connection)
    return at_ns


def pong(connection: socket, tokens: int) -> array[int]:
    token = 0
    while token < tokens:
        token = read(connection) + 1
        write(connection, token)
    return array("q")


@contextmanager
def open_pair(context: BaseContext) -> Iterator[tuple[socket, socket]]:
    with create_server(("127.0.0.1", 0)) as listener:
        first = create_connection(listener.getsockname())
        second, _ = listener.accept()
    with first, second:
        for end in first, second:
            end.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        yield first, second
