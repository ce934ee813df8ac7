"""The floor: what the system takes for the same bytes without any mechanism on top."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import cast

from ipc_cookbook.crew.player import Desk
from ipc_cookbook.transport import Endpoint, Message, Transport

TOKEN_BYTES = 8
COPY_AT_LEAST_BYTES = 64 * 1024


class BareEnd:
    """One player's end of two bare pipes: system calls, one buffer, and no copy of it."""

    def __init__(self, incoming: Connection, outgoing: Connection, max_payload: int) -> None:
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
                raise EOFError("the other end closed the pipe")
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


def copy_payload(
    endpoint: Endpoint, desk: Desk, *, samples: int, seconds: float
) -> tuple[tuple[int, float], tuple[array[int]]]:
    """A part: copy the payload there and back in this process, into memory that is in use.

    Small payloads are copied several times from one look at the clock to the next, or else
    the clock would be what is measured.

    :param samples: how many looks at the clock at least.
    :param seconds: how long at least.
    :returns: the number of round trips per look and the CPU time of one in us; then how long
        a round trip took from look to look, in ns.
    """
    source = bytes(desk.payload)
    target = memoryview(bytearray(len(source)))
    batch = max(1, COPY_AT_LEAST_BYTES // len(source))
    took_ns = array("q")
    cpu_before_s = time.process_time()
    begun_ns = now_ns = time.perf_counter_ns()
    while len(took_ns) < samples or now_ns - begun_ns < seconds * 1e9:
        before_ns = time.perf_counter_ns()
        for _ in range(2 * batch):
            target[:] = source
        now_ns = time.perf_counter_ns()
        took_ns.append((now_ns - before_ns) // batch)
    cpu_s = time.process_time() - cpu_before_s
    return (batch, cpu_s / (batch * len(took_ns)) * 1e6), (took_ns,)


def stand_by(endpoint: Endpoint, desk: Desk) -> tuple[None, tuple[()]]:
    """A part: nothing."""
    return None, ()


FLOOR: dict[str, Transport | None] = {"copy": None}
if os.name == "posix":
    FLOOR = {"os.pipe": BarePipes(), **FLOOR}
