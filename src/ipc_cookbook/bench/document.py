"""The JSON document that a measurement becomes, and that everything else is made of.

The types below are what it is checked against when it is read, and what its JSON Schema is made
of. A name that they do not know is passed over: a later version of the format may add one.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from msgspec import Meta

from ipc_cookbook.bench.machine import Machine, Python
from ipc_cookbook.bench.places import PlaceName
from ipc_cookbook.errors import BadValue

FORMAT: Final = "ipc_cookbook bench"
VERSION: Final = 3

Natural = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
NaturalFloat = Annotated[float, Meta(ge=0)]
PositiveFloat = Annotated[float, Meta(gt=0)]
Bin = Annotated[list[Natural], Meta(min_length=2, max_length=2)]
"""The number of a bin, and how many round trips fell into it."""


class RoundTripLaunch(TypedDict):
    round: Positive
    measured: Positive
    warm_up: Natural
    batch: Positive
    round_trips_per_s: PositiveFloat
    min_ns: Natural
    max_ns: Positive
    percentiles_ns: dict[str, Natural | None]
    histogram: Annotated[list[Bin], Meta(min_length=1)]
    startup_s: PositiveFloat | None
    cpu_us_per_round_trip: NaturalFloat | None
    voluntary_switches_per_round_trip: NaturalFloat | None
    involuntary_switches_per_round_trip: NaturalFloat | None


class StreamLaunch(TypedDict):
    round: Positive
    messages: Positive
    elapsed_s: PositiveFloat
    messages_per_s: PositiveFloat
    megabytes_per_s: NaturalFloat


class CaseDocument(TypedDict):
    transport: str
    carries: str
    is_reference: bool
    payload_size: Natural
    place: PlaceName
    round_trips: Annotated[list[RoundTripLaunch], Meta(min_length=1)]
    paced: list[RoundTripLaunch] | None
    streams: list[StreamLaunch] | None


class RoomDocument(TypedDict):
    transport: str
    payload_size: Natural
    outcome: Literal["blocks", "grows", "drops"]
    sent: Positive
    waiting: Natural
    memory_bytes: Natural


class SystemCalls(TypedDict):
    transport: str
    payload_size: Natural
    per_round_trip: dict[str, PositiveFloat]


class LeftOut(TypedDict):
    transport: str
    payload_size: Natural | None
    reason: str


class FailureDocument(TypedDict):
    transport: str
    payload_size: Natural
    kind: Literal["round trip", "stream", "paced", "room", "system calls"]
    place: PlaceName
    round: Natural
    error: str


class Arguments(TypedDict):
    transports: list[str]
    payload_sizes: list[Natural]
    places: dict[PlaceName, list[Natural] | None]
    launches: Positive
    fewer_launches: Positive
    seconds: PositiveFloat
    tokens: Positive | None
    start_method: str
    pace_s: PositiveFloat | None
    seed: Natural
    timeout: NaturalFloat | None


class Method(TypedDict):
    clock: str
    percentiles: str
    histogram_bin_ratio: Annotated[float, Meta(gt=1)]


class Document(TypedDict):
    format: Literal["ipc_cookbook bench"]
    version: Literal[3]
    is_complete: bool
    started: str
    arguments: Arguments
    method: Method
    machine: Machine
    python: Python
    packages: dict[str, str]
    cases: list[CaseDocument]
    rooms: list[RoomDocument]
    system_calls: list[SystemCalls]
    lock_step: list[str]
    places_left_out: dict[PlaceName, str]
    left_out: list[LeftOut]
    failures: list[FailureDocument]


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return msgspec.json.schema(Document)


def dump(document: Document) -> str:
    return msgspec.json.encode(document).decode() + "\n"


def load(path: str) -> Document:
    """Read a document from a file.

    :raises ValueError: the file cannot be read, or holds something else.
    """
    try:
        with open(path, "rb") as file:
            document = msgspec.json.decode(file.read())
    except OSError as error:
        raise BadValue(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadValue(f"{path} is damaged or not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadValue(f"{path} was not written by bench --json")
    if document.get("version") != VERSION:
        raise BadValue(
            f"{path} is of version {document.get('version')!r} of the format, "
            f"and this reads version {VERSION}"
        )
    try:
        return check(document)
    except ValueError as error:
        raise BadValue(f"{path} is damaged: {error}") from None


def check(document: object) -> Document:
    """See that it is what a document has to be.

    :raises ValueError: it is not.
    """
    try:
        checked = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise BadValue(str(error)) from None
    for case in checked["cases"]:
        if case["transport"] not in checked["arguments"]["transports"]:
            raise BadValue(f"it has figures of {case['transport']!r} unasked")
        if not all(launch["percentiles_ns"].get("p50") for launch in case["round_trips"]):
            raise BadValue(f"{case['transport']} has a launch without a p50")
    return checked
