"""From what was measured to the document."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan

from ipc_cookbook.bench.document import (
    FORMAT,
    VERSION,
    Arguments,
    CaseDocument,
    Document,
    FailureDocument,
    LeftOut,
    RoomDocument,
    RoundTripLaunch,
    StreamLaunch,
    SystemCalls,
)
from ipc_cookbook.bench.figures import BIN_RATIO, PERCENTILE_METHOD, histogram, percentiles
from ipc_cookbook.bench.machine import Machine, describe_python, package_versions
from ipc_cookbook.bench.measure import Measurement, RoundTrips, Stream
from ipc_cookbook.bench.plan import PACED, ROOM, ROUND_TRIP, STREAM, SYSTEM_CALLS, Case, Plan
from ipc_cookbook.bench.room import Room

PACKAGES = ("numpy", "pyzmq")
MEGABYTE = 10**6


def build(measurement: Measurement, machine: Machine, started: datetime) -> Document:
    """The document.

    :param machine: as it was before the measuring, which raises its load.
    """
    plan = measurement.plan
    return {
        "format": FORMAT,
        "version": VERSION,
        "is_complete": not measurement.is_interrupted,
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "arguments": arguments_of(plan),
        "method": {
            "clock": "time.perf_counter_ns",
            "percentiles": f"numpy.quantile, method {PERCENTILE_METHOD}",
            "histogram_bin_ratio": BIN_RATIO,
        },
        "machine": machine,
        "python": describe_python(),
        "packages": package_versions(PACKAGES),
        "cases": [
            case_document(case, launches, measurement)
            for case, launches in measurement.found.items()
            if case.kind == ROUND_TRIP and launches
        ],
        "rooms": [
            room_document(case, room)
            for case, rooms in measurement.found.items()
            if case.kind == ROOM
            for room in rooms
        ],
        "system_calls": [
            SystemCalls(transport=case.mechanism.name, payload_size=case.size, per_round_trip=calls)
            for case, counted in measurement.found.items()
            if case.kind == SYSTEM_CALLS
            for calls in counted
        ],
        "lock_step": sorted(measurement.lock_step),
        "places_left_out": dict(plan.places_left_out),
        "left_out": left_out(measurement),
        "failures": [
            FailureDocument(
                transport=failure.case.mechanism.name,
                payload_size=failure.case.size,
                kind=failure.case.kind,
                place=failure.case.place.name,
                round=failure.round,
                error=type(failure.error).__name__,
            )
            for failure in measurement.failures
        ],
    }


def arguments_of(plan: Plan) -> Arguments:
    return {
        "transports": [mechanism.name for mechanism in plan.mechanisms],
        "payload_sizes": list(plan.sizes),
        "places": {place.name: place.cpus and list(place.cpus) for place in plan.places},
        "launches": plan.launches,
        "fewer_launches": plan.fewer_launches,
        "seconds": plan.seconds,
        "tokens": plan.tokens,
        "start_method": plan.start_method,
        "pace_s": plan.pace_s,
        "seed": plan.seed,
        "timeout": plan.timeout,
    }


def left_out(measurement: Measurement) -> list[LeftOut]:
    everywhere = [
        LeftOut(transport=name, payload_size=None, reason=reason)
        for name, reason in measurement.left_out.items()
    ]
    at_a_size = [
        LeftOut(transport=name, payload_size=size, reason=reason)
        for (name, size), reason in measurement.unfit.items()
    ]
    return everywhere + at_a_size


def case_document(case: Case, launches: list[RoundTrips], measurement: Measurement) -> CaseDocument:
    streams = measurement.found.get(case._replace(kind=STREAM))
    paced = measurement.found.get(case._replace(kind=PACED))
    return {
        "transport": case.mechanism.name,
        "carries": case.mechanism.carries,
        "is_reference": case.mechanism.is_reference,
        "payload_size": case.size,
        "place": case.place.name,
        "round_trips": [round_trip_launch(launch) for launch in launches],
        "paced": None if paced is None else [round_trip_launch(launch) for launch in paced],
        "streams": None
        if streams is None
        else [stream_launch(launch, case.size) for launch in streams],
    }


def room_document(case: Case, room: Room) -> RoomDocument:
    return {
        "transport": case.mechanism.name,
        "payload_size": case.size,
        "outcome": room.outcome,
        "sent": room.sent,
        "waiting": room.waiting,
        "memory_bytes": room.memory_bytes,
    }


def round_trip_launch(launch: RoundTrips) -> RoundTripLaunch:
    import numpy as np

    times = np.frombuffer(launch.took_ns, dtype=np.int64)
    used = launch.usage
    return {
        "round": launch.round,
        "measured": len(times) * launch.batch,
        "warm_up": launch.warm_up,
        "batch": launch.batch,
        "round_trips_per_s": 1e9 / float(times.mean()),
        "min_ns": int(times.min()),
        "max_ns": int(times.max()),
        "percentiles_ns": percentiles(times),
        "histogram": histogram(times),
        "startup_s": launch.startup_s,
        "cpu_us_per_round_trip": used and used.cpu_s * 1e6,
        "voluntary_switches_per_round_trip": used and known(used.voluntary),
        "involuntary_switches_per_round_trip": used and known(used.involuntary),
    }


def known(number: float) -> float | None:
    return None if isnan(number) else number


def stream_launch(launch: Stream, size: int) -> StreamLaunch:
    messages_per_s = launch.messages / launch.elapsed_s
    return {
        "round": launch.round,
        "messages": launch.messages,
        "elapsed_s": launch.elapsed_s,
        "messages_per_s": messages_per_s,
        "megabytes_per_s": messages_per_s * size / MEGABYTE,
    }
