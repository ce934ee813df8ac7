"""An ``eventfd`` each way, and a ``pidfd``.

:Shared: memory for token, length and payload; a counter of the kernel for each player.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``poll`` sleeps until the counter is not 0, or the other process has ended.
:Dead peer: ``EOFError`` at once, whoever else has copies of the descriptors.
:Reach: related processes; a descriptor is inherited, or sent over a Unix socket.
:Carries: bytes; they are written into the shared memory and read out of it.
:Room: one message; the next one takes its place.
:Runs on: Linux; an ``eventfd`` and a ``pidfd`` are its own.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import c_char, c_uint64
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from select import POLLIN, poll
from typing import Any

GUARANTEES = frozenset({"count", "order"})


class CountingEnd(ExitStack):
    def __init__(self, me: int, here: Any, there: Any, *memory: Any) -> None:
        super().__init__()
        self.me, self.here, self.there = me, here, there
        self.numbers, self.payload, self.pids, self.both = memory

    def __enter__(self) -> "CountingEnd":
        self.pids[self.me] = os.getpid()
        self.both.wait()  # now both ids are there
        self.callback(os.close, other := os.pidfd_open(self.pids[1 - self.me]))
        self.both.wait()  # and neither leaves before it is watched
        self.own, self.others = self.here.fileno(), self.there.fileno()
        self.poller = poll()
        self.poller.register(self.own, POLLIN)
        self.poller.register(other, POLLIN)
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > (most := len(self.payload)):
            raise ValueError(f"payload: at most {most} bytes, not {size}")
        self.payload.raw, self.numbers[:] = message[1], [message[0], size]
        os.eventfd_write(self.others, 1)

    def recv(self) -> tuple[int, bytes]:
        if self.own not in dict(self.poller.poll()):
            raise EOFError("the other process has ended")
        os.eventfd_read(self.own)
        token, size = self.numbers
        return token, self.payload[:size]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[CountingEnd, CountingEnd]]:
    numbers = context.RawArray(c_uint64, 2)
    payload = context.RawArray(c_char, max_payload)
    memory = numbers, payload, context.RawArray(c_uint64, 2), context.Barrier(2)
    # a descriptor travels as a Connection
    with Connection(os.eventfd(0)) as first, Connection(os.eventfd(0)) as second:
        one = CountingEnd(0, first, second, *memory)
        yield one, CountingEnd(1, second, first, *memory)
