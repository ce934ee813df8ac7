"""References: what the system takes for the same bytes without any mechanism on top.

They are no floor. With large messages shared memory is below them, for the kernel does not copy
it, and an AF_UNIX socket is below a pipe, which has room for less.
"""

from __future__ import annotations

import os
import socket
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import NamedTuple, Protocol, cast

from ipc_cookbook.bench.stage import Usage
from ipc_cookbook.crew.player import Desk
from ipc_cookbook.transport import Endpoint, Message, Transport

TOKEN_BYTES = 8
COPY_AT_LEAST_BYTES = 64 * 1024


class Descriptor(Protocol):
    """A file or a socket, which multiprocessing can hand to another process."""

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class BareEnd:
    """One player's end: system calls, one buffer, and no copy of it."""

    def __init__(self, incoming: Descriptor, outgoing: Descriptor, max_payload: int) -> None:
        self.incoming, self.outgoing, self.max_payload = incoming, outgoing, max_payload

    def __enter__(self) -> BareEnd:
        self.buffer = memoryview(bytearray(TOKEN_BYTES + self.max_payload))
        self.reads, self.writes = self.incoming.fileno(), self.outgoing.fileno()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.incoming.close()
        self.outgoing.close()

    def send(self, message: Message) -> None:
        token, payload = message
        parts = [token.to_bytes(TOKEN_BYTES, "big"), payload]
        written = os.writev(self.writes, parts) - TOKEN_BYTES
        while written < len(payload):
            written += os.write(self.writes, memoryview(payload)[written:])

    def recv(self) -> Message:
        missing = self.buffer
        while missing:
            received = os.readv(self.reads, [missing])
            if not received:
                raise EOFError("the other end is closed")
            missing = missing[received:]
        token = int.from_bytes(self.buffer[:TOKEN_BYTES], "big")
        return token, cast(bytes, self.buffer[TOKEN_BYTES:])


class BarePipes:
    """Two ``os.pipe``, one each way, that carry eight bytes of token and the payload."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[BareEnd, BareEnd]]:
        there_out, there_in = context.Pipe(duplex=False)
        back_out, back_in = context.Pipe(duplex=False)
        with there_out, there_in, back_out, back_in:
            yield (
                BareEnd(back_out, there_in, max_payload),
                BareEnd(there_out, back_in, max_payload),
            )


class BareSockets:
    """One AF_UNIX ``socket.socketpair``, that carries the same."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[BareEnd, BareEnd]]:
        first, second = socket.socketpair()
        with first, second:
            yield BareEnd(first, first, max_payload), BareEnd(second, second, max_payload)


class Copied(NamedTuple):
    """How many round trips lie between two looks at the clock, and what one of them uses."""

    batch: int
    usage: Usage


def copy_payload(
    endpoint: Endpoint, desk: Desk, *, samples: int, seconds: float
) -> tuple[Copied, tuple[array[int]]]:
    """A part: copy the payload there and back in this process, into memory that is in use.

    Small payloads are copied several times from one look at the clock to the next, or else
    the clock would be what is measured.

    :param samples: how many looks at the clock at least.
    :param seconds: how long at least.
    :returns: then how long a round trip took from look to look, in ns.
    """
    source = bytes(desk.payload)
    target = memoryview(bytearray(len(source)))
    batch = max(1, COPY_AT_LEAST_BYTES // len(source))
    took_ns = array("q")
    before = Usage.so_far()
    begun_ns = now_ns = time.perf_counter_ns()
    while len(took_ns) < samples or now_ns - begun_ns < seconds * 1e9:
        before_ns = time.perf_counter_ns()
        for _ in range(2 * batch):
            target[:] = source
        now_ns = time.perf_counter_ns()
        took_ns.append((now_ns - before_ns) // batch)
    used = Usage.so_far().since(before)
    return Copied(batch, used.per(batch * len(took_ns))), (took_ns,)


def stand_by(endpoint: Endpoint, desk: Desk) -> tuple[None, tuple[()]]:
    """A part: nothing."""
    return None, ()


REFERENCES: dict[str, Transport | None] = {"copy": None}
if os.name == "posix":
    REFERENCES = {"os.pipe": BarePipes(), "socket.socketpair": BareSockets(), **REFERENCES}
