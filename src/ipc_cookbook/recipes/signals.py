"""A signal for a bell.

:Shared: memory for token, length and payload, and the process ids of both.
:Framing: none; a signal says nothing but its number, and is pending or is not.
:Waiting: ``sigwait`` sleeps until one is pending, and takes it.
:Dead peer: goes unnoticed; ``ProcessLookupError`` in ``send`` once it has been joined.
:Reach: related processes; the memory is inherited, a signal reaches any of its user's.
:Carries: bytes; they are written into the shared memory and read out of it.
:Room: one message; the next one takes its place, and of two bells one is heard.
:Runs on: Linux, macOS; they have ``sigwait``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char, c_uint64
from multiprocessing.context import BaseContext
from signal import SIG_BLOCK, SIGUSR1, pthread_sigmask, sigwait
from typing import Any

GUARANTEES = frozenset({"count", "order"})


class BellEnd:
    def __init__(self, me: int, *memory: Any) -> None:
        self.me = me
        self.numbers, self.payload, self.pids, self.both = memory

    def __enter__(self) -> "BellEnd":
        pthread_sigmask(SIG_BLOCK, {SIGUSR1})  # or it ends the process
        self.pids[self.me] = os.getpid()
        self.both.wait()  # now it is blocked in both, and both ids are there
        self.other = self.pids[1 - self.me]
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Leave it blocked: one may be pending."""

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        if (size := len(payload)) > (most := len(self.payload)):
            raise ValueError(f"payload: at most {most} bytes, not {size}")
        self.payload.raw, self.numbers[:] = payload, [token, size]
        os.kill(self.other, SIGUSR1)

    def recv(self) -> tuple[int, bytes]:
        sigwait({SIGUSR1})
        token, size = self.numbers
        return token, self.payload[:size]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[BellEnd, BellEnd]]:
    """Yield both ends: the same memory, and whom to ring."""
    numbers = context.RawArray(c_uint64, 2)
    payload = context.RawArray(c_char, max_payload)
    memory = numbers, payload, context.RawArray(c_uint64, 2), context.Barrier(2)
    yield BellEnd(0, *memory), BellEnd(1, *memory)
