"""What is to be measured, and how."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

from ipc_cookbook import catalog
from ipc_cookbook.bench.floor import FLOOR
from ipc_cookbook.errors import BadValue, TransportUnavailable
from ipc_cookbook.transport import Transport

LARGEST_PAYLOAD = 64 * 1024**2

Kind = Literal["round trip", "stream"]
ROUND_TRIP: Final = "round trip"
STREAM: Final = "stream"


class Mechanism(NamedTuple):
    """Something to measure.

    :ivar transport: None for the plain copy.
    :ivar has_stream: whether there are messages one way to measure.
    """

    name: str
    transport: Transport | None
    is_floor: bool = False
    has_stream: bool = True


class Plan(NamedTuple):
    """One measurement.

    :ivar seconds: how long each launch should last.
    :ivar tokens: how many words instead, None for as many as fill the time.
    :ivar pin: the CPUs that all processes are kept to, None for any.
    :ivar seed: of the order, the payloads, and the bootstrap.
    :ivar timeout: seconds that one launch may take, None for no limit.
    """

    mechanisms: tuple[Mechanism, ...]
    start_method: str
    sizes: tuple[int, ...] = (0,)
    launches: int = 5
    seconds: float = 0.2
    tokens: int | None = None
    pin: tuple[int, ...] | None = None
    seed: int = 0
    timeout: float | None = 60.0


class Case(NamedTuple):
    """What one launch measures: a mechanism, a payload size in bytes, and a kind."""

    mechanism: Mechanism
    size: int
    kind: Kind


def choose(names: Iterable[str]) -> tuple[tuple[Mechanism, ...], dict[str, str]]:
    """The recipes to measure with the floor beside them, and why others are left out.

    :param names: of recipes, none for all that can be measured here.
    :raises UnknownTransport: no recipe has this name.
    :raises TransportUnavailable: a recipe that was named needs a package.
    :raises ValueError: there is nothing to measure.
    """
    named = list(dict.fromkeys(names))
    chosen, left_out = [], {}
    for name in named or catalog.names():
        try:
            transport = catalog.load(name)
        except TransportUnavailable as error:
            if named:
                raise
            left_out[name] = str(error)
            continue
        guarantees = catalog.guarantees(name)
        if "count" not in guarantees:
            left_out[name] = "nothing crosses from process to process, so there is no round trip"
        elif "order" not in guarantees:
            left_out[name] = "a player may take back its own word, and that is no round trip"
        else:
            recipe = catalog.describe(name)
            chosen.append(Mechanism(name, transport, has_stream=recipe.has_stream))
    if not chosen:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise BadValue(f"there is nothing to measure ({reasons})")
    floor = [
        Mechanism(name, transport, is_floor=True, has_stream=transport is not None)
        for name, transport in FLOOR.items()
    ]
    return (*chosen, *floor), left_out


def parse_cpus(text: str) -> tuple[int, ...]:
    """The CPUs that ``text`` stands for: ``"0"``, ``"0,2"``, ``"0-3"``.

    :raises ValueError: it is none, or this process cannot use them.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise BadValue("this system does not let a process choose its CPUs")
    usable = os.sched_getaffinity(0)
    try:
        ranges = [[int(end) for end in part.split("-")] for part in text.split(",")]
        cpus = {cpu for ends in ranges for cpu in range(ends[0], ends[-1] + 1)}
    except ValueError:
        raise BadValue(f"must be CPUs such as 0, 0,2 or 0-3, not {text!r}") from None
    if not cpus or not cpus <= usable:
        raise BadValue(f"must be among {', '.join(map(str, sorted(usable)))}, not {text!r}")
    return tuple(sorted(cpus))


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
