"""The loop over a TCP connection, under mutual TLS."""

from __future__ import annotations

import ssl
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import socket
from typing import TypeAlias

import trustme

from plain import tcp_socket

End: TypeAlias = tuple[socket, str]


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    connection, keys = end
    context = ssl.create_default_context(cafile=keys)
    context.load_cert_chain(keys)
    with context.wrap_socket(connection, server_hostname="localhost") as tls:
        return tcp_socket.ping(tls, tokens, payload)


def pong(end: End, tokens: int) -> array[int]:
    connection, keys = end
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=keys)
    context.load_cert_chain(keys)
    context.verify_mode = ssl.CERT_REQUIRED
    with context.wrap_socket(connection, server_side=True) as tls:
        return tcp_socket.pong(tls, tokens)


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    authority = trustme.CA()
    identity = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    with identity.tempfile() as keys, tcp_socket.open_pair(context, size) as (first, second):
        authority.cert_pem.write_to_path(keys, append=True)
        yield (first, keys), (second, keys)
