"""Memory whose descriptor is sent.

:Shared: pages for token, length and payload, whose descriptor is on its way to both.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``recv`` of the socket blocks until a byte arrives, which is the turn.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its end is open.
:Reach: related processes; the socket is inherited, one with a name reaches any other.
:Carries: bytes; they are written into the pages and read out of them.
:Room: one message; the next one takes its place.
:Runs on: Linux; a ``memfd`` is its own.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from socket import recv_fds, send_fds, socket, socketpair

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class PassingEnd(ExitStack):
    def __init__(self, bell: socket, max_payload: int) -> None:
        super().__init__()
        self.bell, self.max_payload = bell, max_payload

    def __enter__(self) -> "PassingEnd":
        self.enter_context(self.bell).setblocking(True)  # whatever the default is
        _, (memory,), *_ = recv_fds(self.bell, 1, maxfds=1)
        pages = mmap.mmap(memory, HEADER.size + self.max_payload)
        self.pages = self.enter_context(pages)
        os.close(memory)  # the pages stay until nobody maps them
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.pages[: HEADER.size + size] = HEADER.pack(message[0], size) + message[1]
        self.bell.send(b"!")

    def recv(self) -> tuple[int, bytes]:
        if not self.bell.recv(1):
            raise EOFError("the other end hung up")
        token, size = HEADER.unpack_from(self.pages)
        return token, self.pages[HEADER.size : HEADER.size + size]


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[PassingEnd, PassingEnd]]:
    first, second = socketpair()
    with first, second:
        memory = os.memfd_create("turns")
        try:
            os.posix_fallocate(memory, 0, HEADER.size + max_payload)
            send_fds(first, [b"!"], [memory]), send_fds(second, [b"!"], [memory])
        finally:
            os.close(memory)
        yield PassingEnd(first, max_payload), PassingEnd(second, max_payload)
