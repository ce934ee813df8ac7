"""The loop over a TCP connection, over a pair of connected sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import socket, socketpair

from plain.tcp_socket import ping, pong

__all__ = ["open_pair", "ping", "pong"]


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[socket, socket]]:
    first, second = socketpair()
    with first, second:
        yield first, second
