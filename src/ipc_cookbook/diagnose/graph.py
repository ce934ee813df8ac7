"""Who could wake whom.

A thread waits at a resource, and others could wake it: whoever has the other end of a pipe, who
shares a semaphore, who is to end. The world outside and time are sources of life as well. A
thread is *stuck* if none of those who could wake it is alive, now or once it was woken itself:
the least fixed point, as for the reachable objects of a garbage collector.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Thread = tuple[int, int]
"""A process id, and the thread's."""

Waker = tuple[int, int | None]
"""A process id, and a thread's; None for any thread of it."""


class Semaphore(NamedTuple):
    """What is known of a semaphore of multiprocessing.

    ``largest`` is its largest value, 0 if that is not known: the objects could not be read.
    ``holders`` are the processes that hold it, if it is a lock; ``is_searched`` says that it was
    looked for in all ``sharers``, which are those that have it.
    """

    value: int | None
    largest: int
    is_recursive: bool
    holders: frozenset[int]
    is_searched: bool
    sharers: frozenset[int]

    @property
    def is_lock(self) -> bool:
        return self.largest == 1


class Wait(NamedTuple):
    """What one thread does: mostly, what it waits for.

    ``kind`` is ``read``, ``write``, ``accept``, ``connect``, ``open``, ``child``, ``semaphore``,
    ``lock`` (inside the process), ``memory`` (a futex that processes share), ``poll``, ``file
    lock``, ``sigwait``, ``stopped``, ``ended``, or another word for what needs no one else.

    ``on`` is what it waits at, and ``other`` the other end if that has a name of its own.
    ``wakers`` could wake it; ``is_open`` says that time or somebody outside could, too.
    ``parts`` are what a poll waits for. ``wanted`` bytes are to be read from ``fd``;
    ``child`` is to end.
    """

    kind: str
    text: str
    on: str = ""
    other: str = ""
    wakers: frozenset[Waker] = frozenset()
    is_open: bool = False
    parts: tuple[Wait, ...] = ()
    wanted: int = 0
    fd: int = -1
    child: int | None = None
    semaphore: Semaphore | None = None

    @property
    def all_parts(self) -> tuple[Wait, ...]:
        """What it waits for, one by one."""
        return self.parts or (self,)

    @property
    def others(self) -> set[int]:
        """The processes that could wake it."""
        return {pid for pid, _ in self.wakers}


def stuck_threads(
    waits: dict[Thread, Wait], living: Iterable[Thread], unknown: Iterable[int] = ()
) -> set[Thread]:
    """Those that nobody can wake.

    :param living: who needs nobody.
    :param unknown: processes of which nothing is known; they may wake anybody.
    """
    alive, unknown = set(living), set(unknown)
    could_wake: dict[Waker, set[Thread]] = {}
    for thread, wait in waits.items():
        for waker in wait.wakers:
            could_wake.setdefault(waker, set()).add(thread)
        if wait.others & unknown:
            alive.add(thread)
    todo = list(alive)
    while todo:
        pid, tid = thread = todo.pop()
        for waker in (pid, tid), (pid, None):
            for woken in could_wake.get(waker, set()) - alive - {thread}:
                if waits[woken].kind not in ("stopped", "ended"):
                    alive.add(woken)
                    todo.append(woken)
    return set(waits) - alive
