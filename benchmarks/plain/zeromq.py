"""The barest careful loop over a pair of ZeroMQ sockets."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from time import perf_counter_ns

import zmq

TOKEN = struct.Struct("!Q")


def ping(address: str, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.bind(address)
        while token < tokens:
            at_ns.append(perf_counter_ns())
            dealer.send(TOKEN.pack(token + 1) + payload)
            data = dealer.recv()
            (token,), payload = TOKEN.unpack_from(data), data[TOKEN.size :]
    return at_ns


def pong(address: str, tokens: int) -> array[int]:
    token = 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.connect(address)
        while token < tokens - 1:
            data = dealer.recv()
            (token,), payload = TOKEN.unpack_from(data), data[TOKEN.size :]
            dealer.send(TOKEN.pack(token + 1) + payload)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        address = "ipc://" + os.path.join(folder, "pair")
        yield address, address
