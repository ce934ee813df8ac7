"""``SharedMemory``, and a loop that looks.

:Shared: a block of memory for token, length and payload.
:Framing: none; there is room for the largest payload, a number says how much is used.
:Waiting: spins; ``recv`` looks until the token is this player's, and takes a whole CPU.
:Dead peer: goes unnoticed; the survivor keeps a CPU busy for ever.
:Reach: one machine; whoever knows the name of the memory can open it.
:Carries: bytes; they are written into the shared memory and read out of it.
:Room: one message; the next one takes its place.
:Runs on: x86-64; it shows stores in their order, others may show the token before its
    payload.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from typing import Any

GUARANTEES = frozenset({"count", "order"})
if platform.machine().lower() not in ("x86_64", "amd64"):
    raise ImportError("only x86-64 is sure to show the token after its payload")


class SpinningEnd(ExitStack):
    def __init__(self, memory: Any, max_payload: int, parity: int) -> None:
        super().__init__()
        self.memory, self.max_payload, self.parity = memory, max_payload, parity

    def __enter__(self) -> "SpinningEnd":
        buffer = self.enter_context(self.memory.buf[: 16 + self.max_payload])
        self.numbers = self.enter_context(buffer[:16].cast("Q"))  # 8 aligned bytes each
        self.payload = self.enter_context(buffer[16:])
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        if (size := len(payload)) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.payload[:size], self.numbers[1] = payload, size
        # last, and in one store: whoever sees it sees the payload, too
        self.numbers[0] = token

    def recv(self) -> tuple[int, bytes]:
        while (token := self.numbers[0]) % 2 != self.parity:
            pass
        return token, self.payload[: self.numbers[1]].tobytes()


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[SpinningEnd, SpinningEnd]]:
    memory = SharedMemory(create=True, size=16 + max_payload)
    try:
        if hasattr(os, "posix_fallocate"):  # or a full /dev/shm is SIGBUS for a writer
            os.posix_fallocate(memory._fd, 0, memory.size)  # type: ignore[attr-defined]
        yield SpinningEnd(memory, max_payload, 0), SpinningEnd(memory, max_payload, 1)
    finally:
        memory.close()
        memory.unlink()
