"""The JSON document that a measurement becomes, and that everything else is made of.

Its schema is ``schema.json`` beside this file; the types here say the same to a type checker.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn, NotRequired, TypedDict, cast

from ipc_cookbook.bench.machine import Machine, Python

FORMAT = "ipc_cookbook bench"
VERSION = 1


class RoundTripLaunch(TypedDict):
    round: int
    exchanges: int
    warm_up: int
    batch: int
    exchanges_per_s: float
    min_ns: int
    max_ns: int
    percentiles_ns: dict[str, int | None]
    histogram: list[list[int]]
    startup_s: float | None
    cpu_us_per_exchange: float | None


class StreamLaunch(TypedDict):
    round: int
    messages: int
    elapsed_s: float
    messages_per_s: float
    megabytes_per_s: float


class CaseDocument(TypedDict):
    transport: str
    is_floor: bool
    payload_size: int
    round_trips: list[RoundTripLaunch]
    streams: list[StreamLaunch] | None


class LeftOut(TypedDict):
    transport: str
    payload_size: int | None
    reason: str


class FailedLaunch(TypedDict):
    transport: str
    payload_size: int
    kind: str
    round: int
    error: str


class Arguments(TypedDict):
    transports: list[str]
    payload_sizes: list[int]
    launches: int
    seconds: float
    tokens: int | None
    start_method: str
    pin: list[int] | None
    seed: int
    timeout: float | None


class Method(TypedDict):
    clock: str
    percentiles: str
    histogram_bin_ratio: float


class Host(TypedDict):
    """What one side of a network is."""

    machine: Machine
    python: Python


class Network(TypedDict):
    """:ivar peer: the other side, which answered.
    :ivar ciphers: by transport, None where nothing was encrypted.
    """

    peer: Host
    ciphers: dict[str, str | None]


class Document(TypedDict):
    format: str
    version: int
    is_complete: bool
    started: str
    arguments: Arguments
    method: Method
    machine: Machine
    python: Python
    packages: dict[str, str]
    cases: list[CaseDocument]
    lock_step: list[str]
    left_out: list[LeftOut]
    failures: list[FailedLaunch]
    network: NotRequired[Network]


def refuse(constant: str) -> NoReturn:
    """Python's JSON takes NaN for a number; here it is none."""
    raise ValueError(f"{constant} is no number")


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    text = files("ipc_cookbook.bench").joinpath("schema.json").read_text(encoding="utf-8")
    return cast(dict[str, Any], json.loads(text))


def dump(document: Document) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"


def load(path: str) -> Document:
    """Read a document from a file.

    :raises ValueError: the file cannot be read, or holds something else.
    """
    import fastjsonschema

    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file, parse_constant=refuse)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged or not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path} was not written by bench --json")
    if document.get("version") != VERSION:
        raise ValueError(
            f"{path} is of version {document.get('version')!r} of the format, "
            f"and this reads version {VERSION}"
        )
    try:
        checked = check(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise ValueError(f"{path} is damaged: {error.message[:200]}") from None
    measured = {case["transport"] for case in checked["cases"]}
    if unknown := measured - set(checked["arguments"]["transports"]):
        raise ValueError(f"{path} is damaged: it has figures of {min(unknown)!r} unasked")
    return checked


def check(document: object) -> Document:
    """See that it keeps to the schema.

    :raises fastjsonschema.JsonSchemaValueException: it does not.
    """
    import fastjsonschema

    fastjsonschema.validate(schema(), document)
    return cast(Document, document)
