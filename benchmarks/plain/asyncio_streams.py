"""The barest careful loop over streams of ``asyncio``, in one coroutine for each player."""

from __future__ import annotations

import asyncio
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from socket import socket, socketpair
from time import perf_counter_ns

HEADER = struct.Struct("=QQ")


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    token, size = HEADER.unpack(await reader.readexactly(HEADER.size))
    return token, await reader.readexactly(size)


async def play_ping(connection: socket, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    reader, writer = await asyncio.open_connection(sock=connection)
    while token < tokens:
        at_ns.append(perf_counter_ns())
        writer.write(HEADER.pack(token + 1, len(payload)) + payload)
        await writer.drain()
        token, payload = await read(reader)
    writer.close()
    return at_ns


async def play_pong(connection: socket, tokens: int) -> array[int]:
    token = 0
    reader, writer = await asyncio.open_connection(sock=connection)
    while token < tokens - 1:
        token, payload = await read(reader)
        writer.write(HEADER.pack(token + 1, len(payload)) + payload)
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    return array("q")


def ping(connection: socket, tokens: int, payload: bytes) -> array[int]:
    return asyncio.run(play_ping(connection, tokens, payload))


def pong(connection: socket, tokens: int) -> array[int]:
    return asyncio.run(play_pong(connection, tokens))


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[socket, socket]]:
    first, second = socketpair()
    with first, second:
        yield first, second
