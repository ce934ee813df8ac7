"""``SharedMemory`` and two semaphores.

:Shared: a block of memory for token, length and payload; a semaphore for each player.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: ``acquire`` sleeps until the other player has released.
:Dead peer: goes unnoticed; ``acquire`` waits for ever.
:Reach: related processes; any may open the memory by name, semaphores are inherited.
:Carries: bytes; they are written into the shared memory and read out of it.
:Room: one message; the next one takes its place.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.resource_tracker import ensure_running
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Semaphore
from typing import Any

GUARANTEES = frozenset({"count", "order"})
HEADER = struct.Struct("=QQ")


class SharedBlock:
    def __init__(
        self, memory: SharedMemory, max_payload: int, here: Semaphore, there: Semaphore
    ) -> None:
        self.memory: Any = memory
        self.max_payload, self.here, self.there = max_payload, here, there

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        buffer = self.memory.buf
        HEADER.pack_into(buffer, 0, message[0], size)
        buffer[HEADER.size : HEADER.size + size] = message[1]
        self.there.release()

    def recv(self) -> tuple[int, bytes]:
        self.here.acquire()
        token, size = HEADER.unpack_from(buffer := self.memory.buf)
        return token, buffer[HEADER.size : HEADER.size + size].tobytes()


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[SharedBlock, SharedBlock]]:
    if os.name == "posix":  # or the name stays, if the tracker cannot take note of it
        ensure_running()
    memory = SharedMemory(create=True, size=HEADER.size + max_payload)
    try:
        if hasattr(os, "posix_fallocate"):  # or a full /dev/shm is SIGBUS for a writer
            os.posix_fallocate(memory._fd, 0, memory.size)  # type: ignore[attr-defined]
        first, second = context.Semaphore(0), context.Semaphore(0)
        ends = memory, max_payload
        yield SharedBlock(*ends, first, second), SharedBlock(*ends, second, first)
    finally:
        memory.close()
        memory.unlink()
