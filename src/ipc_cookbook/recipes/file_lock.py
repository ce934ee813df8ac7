"""Locks on the bytes of a file.

:Shared: a file; its first three bytes are locked, token, length and payload follow.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``lockf`` sleeps until the other player lets go of the next byte.
:Dead peer: ``EOFError`` at once; the kernel drops its locks, and no new token is there.
:Reach: one machine; whoever may open the file.
:Carries: bytes; they are written into the file and read out of it.
:Room: one message; the next one takes its place.
:Runs on: Linux, macOS; they have ``fcntl``.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_UN, lockf
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from typing import Any

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=3xQQ")


class LockingEnd(ExitStack):
    def __init__(self, held: list[int], path: str, both: Any, max_payload: int) -> None:
        super().__init__()
        self.held, self.path = held, path
        self.both, self.max_payload = both, max_payload

    def __enter__(self) -> "LockingEnd":
        self.file, self.known = self.enter_context(open(self.path, "r+b")).fileno(), 0
        lockf(self.file, LOCK_EX, len(self.held), self.held[0])
        self.both.wait()
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.known = message[0]
        os.pwrite(self.file, HEADER.pack(self.known, size) + message[1], 0)
        lockf(self.file, LOCK_UN, 1, self.held[0])  # which is to hand over the turn

    def recv(self) -> tuple[int, bytes]:
        self.held = [self.held[-1], (self.held[-1] + 1) % 3]
        lockf(self.file, LOCK_EX, 1, self.held[-1])
        token, size = HEADER.unpack(os.pread(self.file, HEADER.size, 0))
        if token == self.known:
            raise EOFError("the other one let go without a word")
        self.known = token
        return token, os.pread(self.file, size, HEADER.size)


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[LockingEnd, LockingEnd]]:
    with TemporaryDirectory() as folder:
        with open(path := os.path.join(folder, "turns"), "wb") as file:
            file.write(bytes(HEADER.size + max_payload))
        common = path, context.Barrier(2), max_payload
        yield LockingEnd([0, 1], *common), LockingEnd([2], *common)
