"""The barest careful loop over two pipes with lines of JSON."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from time import perf_counter_ns
from typing import TypeAlias

End: TypeAlias = tuple[Connection, Connection]


def line_of(token: int, payload: bytes) -> str:
    return json.dumps({"token": token, "payload": b64encode(payload).decode()}) + "\n"


def ping(end: End, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with (
        open(end[0].fileno(), closefd=False) as incoming,
        open(end[1].fileno(), "w", buffering=1, closefd=False) as outgoing,
    ):
        while token < tokens:
            at_ns.append(perf_counter_ns())
            outgoing.write(line_of(token + 1, payload))
            message = json.loads(incoming.readline())
            token, payload = message["token"], b64decode(message["payload"])
    return at_ns


def pong(end: End, tokens: int) -> array[int]:
    token = 0
    with (
        open(end[0].fileno(), closefd=False) as incoming,
        open(end[1].fileno(), "w", buffering=1, closefd=False) as outgoing,
    ):
        while token < tokens - 1:
            message = json.loads(incoming.readline())
            token, payload = message["token"], b64decode(message["payload"])
            outgoing.write(line_of(token + 1, payload))
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[End, End]]:
    (reader, there), (here, writer) = context.Pipe(duplex=False), context.Pipe(duplex=False)
    with reader, there, here, writer:
        yield (here, there), (reader, writer)
