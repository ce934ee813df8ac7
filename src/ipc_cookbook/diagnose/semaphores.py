"""Who holds a lock of multiprocessing: the ``SemLock`` objects in the memory of a process.

Such an object has, one after the other, the address of its semaphore, the thread that took it
last, how often it is held, the largest value, and the kind (``Modules/_multiprocessing/
semaphore.c`` in CPython, unchanged from 3.8 to 3.14). A semaphore of the C library has its value
in its first four bytes (glibc, ``struct new_sem`` of 64 bits; musl as well).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from ipc_cookbook.diagnose.process import Process

LAYOUT = struct.Struct("=QQiii")
RECURSIVE, SEMAPHORE = 0, 1
MOST_TIMES = 1 << 20
"""No lock is held as often; what looks as if it were is something else."""


class SemLock(NamedTuple):
    """One process's view of a semaphore. ``times`` is how often this process holds it."""

    address: int
    times: int
    largest: int
    is_recursive: bool


def sem_locks(
    process: Process, address: int, likely_at: Iterable[int], until_s: float
) -> list[SemLock]:
    """Those of one process for the semaphore at this address.

    :param likely_at: where it is in other processes: forked ones have it at the same place.
    :param until_s: when to stop looking, on the :func:`time.thread_time` clock.
    """
    for place in likely_at:
        if inherited := sem_lock(place, process.memory(place, LAYOUT.size), 0, address):
            return [inherited]
    found, pattern = [], struct.pack("=Q", address)
    for start, piece in process.own_memory(until_s):
        at = piece.find(pattern)
        while at >= 0:
            if at % 8 == 0 and (one := sem_lock(start + at, piece, at, address)):
                found.append(one)
            at = piece.find(pattern, at + 1)
    return found


def sem_lock(place: int, memory: bytes, at: int, address: int) -> SemLock | None:
    """The object at this place, None if there is none of this semaphore."""
    if at + LAYOUT.size > len(memory):
        return None
    semaphore, thread, times, largest, kind = LAYOUT.unpack_from(memory, at)
    is_kind = kind in (RECURSIVE, SEMAPHORE) and largest > 0 and abs(times) < MOST_TIMES
    if semaphore != address or not is_kind or (times > 0 and not thread):
        return None
    return SemLock(place, times, largest, kind == RECURSIVE)


def value_at(process: Process, address: int) -> int | None:
    memory = process.memory(address, 4)
    return int(struct.unpack("=I", memory)[0]) if len(memory) == 4 else None
