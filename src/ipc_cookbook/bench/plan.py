"""What is to be measured, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from ipc_cookbook import catalog
from ipc_cookbook.bench.places import FREE, Place, PlaceName
from ipc_cookbook.bench.references import REFERENCES
from ipc_cookbook.errors import BadValue, TransportUnavailable
from ipc_cookbook.transport import Transport

LARGEST_PAYLOAD = 64 * 1024**2

Kind = Literal["round trip", "stream", "paced", "room", "system calls"]
ROUND_TRIP: Final = "round trip"
STREAM: Final = "stream"
PACED: Final = "paced"
ROOM: Final = "room"
SYSTEM_CALLS: Final = "system calls"


class Mechanism(NamedTuple):
    """Something to measure.

    :ivar transport: None for the plain copy.
    :ivar carries: ``pickles`` or ``bytes``, for like is to be held against like.
    :ivar is_reference: whether it is there to compare with, and no recipe.
    :ivar has_stream: whether there are messages one way to measure.
    """

    name: str
    transport: Transport | None
    carries: str = "bytes"
    is_reference: bool = False
    has_stream: bool = True


class Plan(NamedTuple):
    """One measurement.

    :ivar places: where the players are put; streams and the like are measured in the last.
    :ivar places_left_out: why they cannot be put elsewhere.
    :ivar launches: of each case.
    :ivar fewer_launches: of those whose launch takes longer than ``SLOW_S``.
    :ivar seconds: how long each launch should last.
    :ivar tokens: how many words instead, None for as many as fill the time.
    :ivar pace_s: the pause before each word of further launches, None for no such launches.
    :ivar with_room: whether to look what becomes of messages that nobody takes in time.
    :ivar with_system_calls: whether to count them.
    :ivar seed: of the order, the payloads, and the bootstrap.
    :ivar timeout: seconds that one launch may take, None for no limit.
    """

    mechanisms: tuple[Mechanism, ...]
    start_method: str
    places: tuple[Place, ...] = (Place(FREE, None),)
    places_left_out: Mapping[PlaceName, str] = MappingProxyType({})
    sizes: tuple[int, ...] = (0,)
    launches: int = 5
    fewer_launches: int = 5
    seconds: float = 0.05
    tokens: int | None = None
    pace_s: float | None = None
    with_room: bool = False
    with_system_calls: bool = False
    seed: int = 0
    timeout: float | None = 60.0


class Case(NamedTuple):
    """What one launch measures: a mechanism, a payload size in bytes, a kind, and where."""

    mechanism: Mechanism
    size: int
    kind: Kind
    place: Place


def choose(
    names: Iterable[str], carries: str | None = None
) -> tuple[tuple[Mechanism, ...], dict[str, str]]:
    """The recipes to measure with the references beside them, and why others are left out.

    :param names: of recipes, none for all that can be measured here.
    :param carries: only those that carry ``pickles``, or ``bytes``.
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
        recipe, guarantees = catalog.describe(name), catalog.guarantees(name)
        if carries not in (None, recipe.carries):
            left_out[name] = f"it carries {recipe.carries}"
        elif "count" not in guarantees:
            left_out[name] = "nothing crosses from process to process, so there is no round trip"
        elif "order" not in guarantees:
            left_out[name] = "a player may take back its own word, and that is no round trip"
        else:
            chosen.append(Mechanism(name, transport, recipe.carries, has_stream=recipe.has_stream))
    if not chosen:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise BadValue(f"there is nothing to measure ({reasons})")
    references = [
        Mechanism(name, transport, is_reference=True, has_stream=transport is not None)
        for name, transport in REFERENCES.items()
    ]
    return (*chosen, *references), left_out
