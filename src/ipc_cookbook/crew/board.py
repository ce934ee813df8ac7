"""The memory that a game's processes share: how far they are, and the payload."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from multiprocessing.heap import Arena

from ipc_cookbook.crew.memory import check_room


def nameless_file() -> int | None:
    """A descriptor of a file in memory, which needs no place; None where there are none."""
    with suppress(AttributeError, OSError):  # no Linux, an old one, or it is forbidden
        return os.memfd_create("ipc_cookbook")
    return None


class Board:
    """Memory that the caller and the players share: four counters, then the payload.

    Counters 0 and 1 are the words said by Ping and by Pong, -1 until the player has begun;
    2 and 3 are the players' process ids, 0 while there is none.
    """

    COUNTERS_BYTES = 4 * 8

    def __init__(self, payload: bytes) -> None:
        size = self.COUNTERS_BYTES + len(payload)
        with ExitStack() as undo:
            descriptor = nameless_file()
            if descriptor is not None:
                undo.callback(os.close, descriptor)
                os.posix_fallocate(descriptor, 0, size)  # to write where there is none is SIGBUS
                self._arena = Arena(size, descriptor)
            else:
                check_room(size)
                self._arena = Arena(size)
            undo.callback(self._arena.buffer.close)
            self.counters[0] = self.counters[1] = -1
            self.payload[:] = payload
            self._opened = undo.pop_all()

    @property
    def counters(self) -> memoryview[int]:
        return memoryview(self._arena.buffer)[: self.COUNTERS_BYTES].cast("q")

    @property
    def payload(self) -> memoryview:
        return memoryview(self._arena.buffer)[self.COUNTERS_BYTES :]

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._opened.close()

    def __getstate__(self) -> Arena:
        return self._arena

    def __setstate__(self, arena: Arena) -> None:
        self._arena = arena
