"""Where the two players run: both on one CPU, each on one of its own, or as the system likes.

That decides more about a blocking round trip than the mechanism does. On one CPU, waking the
other player is a change of process; on two, it is a signal to a CPU that may be asleep.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Literal, NamedTuple

from ipc_cookbook.errors import BadValue

PlaceName = Literal["one", "two", "free"]
ONE: Final = "one"
TWO: Final = "two"
FREE: Final = "free"
PLACES: tuple[PlaceName, ...] = (ONE, TWO, FREE)


class Place(NamedTuple):
    """:ivar cpus: Ping's and Pong's; None where the system decides."""

    name: PlaceName
    cpus: tuple[int, int] | None


def place_of(name: PlaceName) -> Place:
    """The place of that name.

    :raises ValueError: it cannot be had here; the text says why.
    """
    if not hasattr(os, "sched_setaffinity"):
        if name == FREE:
            return Place(name, None)
        raise BadValue("this system does not let a process choose its CPUs")
    usable = sorted(os.sched_getaffinity(0))
    last = usable[-1]
    if name == ONE:
        return Place(name, (last, last))
    if len(usable) == 1:
        raise BadValue("this process may use one CPU only")
    return Place(name, (another_core(last, usable), last) if name == TWO else None)


def places_here() -> tuple[tuple[Place, ...], dict[PlaceName, str]]:
    """All that can be had, and why the others cannot."""
    places: list[Place] = []
    left_out: dict[PlaceName, str] = {}
    for name in PLACES:
        try:
            places.append(place_of(name))
        except ValueError as error:
            left_out[name] = str(error)
    return tuple(places), left_out


def another_core(cpu: int, usable: list[int]) -> int:
    """A CPU of another core if there is one: two threads of one core get in each other's way."""
    siblings = {cpu}
    path = f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    with suppress(OSError), open(path, encoding="ascii") as file:
        for part in file.read().strip().split(","):
            first, _, last = part.partition("-")
            siblings |= {*range(int(first), int(last or first) + 1)}
    others = [other for other in usable if other != cpu]
    return next((other for other in others if other not in siblings), others[0])


@contextmanager
def pinned(cpus: tuple[int, ...] | None) -> Iterator[None]:
    """Keep this thread, and the processes it starts meanwhile, to some CPUs.

    A fork server that is running already is not moved, and what it starts is not either.
    """
    if cpus is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
