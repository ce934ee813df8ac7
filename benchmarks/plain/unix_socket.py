"""The loop over a TCP connection, over a Unix socket with a name."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import AF_UNIX, socket
from tempfile import TemporaryDirectory

from plain import tcp_socket


def ping(listener: socket, tokens: int, payload: bytes) -> array[int]:
    with listener.accept()[0] as connection:
        return tcp_socket.ping(connection, tokens, payload)


def pong(path: str, tokens: int) -> array[int]:
    with socket(AF_UNIX) as connection:
        connection.connect(path)
        return tcp_socket.pong(connection, tokens)


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[socket, str]]:
    with TemporaryDirectory() as folder, socket(AF_UNIX) as listener:
        listener.bind(path := os.path.join(folder, "meeting"))
        listener.listen()
        yield listener, path
