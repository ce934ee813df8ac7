"""Streams of ``asyncio``.

:Shared: nothing but the connection; each process holds one end, and runs a loop for it.
:Framing: token and length, then the payload; ``readexactly`` reads that many bytes.
:Waiting: ``readexactly`` suspends its coroutine until all bytes have arrived.
:Dead peer: ``IncompleteReadError`` once no copy of its end is open, or
    ``ConnectionResetError``; the first is an ``EOFError``.
:Reach: related processes; over a Unix or a TCP socket it reaches as far as that does.
:Carries: bytes; a stream knows no messages, so each one says how long it is.
:Room: the system's buffer, and 64 KiB that the loop keeps; then ``drain`` waits.
"""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from socket import socket, socketpair

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class StreamEnd:
    def __init__(self, connection: socket, max_payload: int) -> None:
        self.connection, self.max_payload = connection, max_payload

    def __enter__(self) -> "StreamEnd":
        self.loop = asyncio.new_event_loop()
        opening = asyncio.open_connection(sock=self.connection)
        self.reader, self.writer = self.loop.run_until_complete(opening)
        return self

    def __exit__(self, *exc_info: object) -> None:
        with closing(self.loop):
            self.writer.close()
            self.loop.run_until_complete(self.writer.wait_closed())

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.writer.write(HEADER.pack(message[0], size) + message[1])
        self.loop.run_until_complete(self.writer.drain())

    def recv(self) -> tuple[int, bytes]:
        return self.loop.run_until_complete(self.read())

    async def read(self) -> tuple[int, bytes]:
        token, size = HEADER.unpack(await self.reader.readexactly(HEADER.size))
        if size > self.max_payload:
            raise ValueError(f"{size} bytes announced, up to {self.max_payload} agreed")
        return token, await self.reader.readexactly(size)


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[StreamEnd, StreamEnd]]:
    """Yield both ends of the connection."""
    first, second = socketpair()
    with first, second:
        yield StreamEnd(first, max_payload), StreamEnd(second, max_payload)
