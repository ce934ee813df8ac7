"""Documents with known figures, made without measuring anything."""

from __future__ import annotations

import multiprocessing
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ipc_cookbook.bench import summary
from ipc_cookbook.bench.document import Document
from ipc_cookbook.bench.machine import describe_machine
from ipc_cookbook.bench.measure import Measurement, RoundTrips, Stream
from ipc_cookbook.bench.plan import ROUND_TRIP, STREAM, Case, Mechanism, Plan


def document_of(
    launches_us: Mapping[str, Sequence[float]],
    *,
    sizes: tuple[int, ...] = (0,),
    floors: Sequence[str] = (),
) -> Document:
    """A measurement in which each mechanism had these median round trips, launch by launch.

    Every launch has 1000 round trips, from half to twice its median, and a stream.
    """
    mechanisms = [Mechanism(name, None, is_floor=name in floors) for name in launches_us]
    method = multiprocessing.get_all_start_methods()[0]
    launches = max(map(len, launches_us.values()))
    measurement = Measurement(Plan(tuple(mechanisms), method, sizes=sizes, launches=launches))
    for mechanism in mechanisms:
        for size in sizes:
            rounds = list(enumerate(launches_us[mechanism.name], start=1))
            measurement.round_trips[Case(mechanism, size, ROUND_TRIP)] = [
                RoundTrips(number, times_around(median_us), 1, 100, 0.02, 12.5)
                for number, median_us in rounds
            ]
            measurement.streams[Case(mechanism, size, STREAM)] = [
                Stream(number, 1000, median_us / 1000) for number, median_us in rounds
            ]
    return summary.build(measurement, describe_machine(), datetime(2024, 1, 2, tzinfo=UTC))


def times_around(median_us: float) -> array[int]:
    middle = round(median_us * 1000)
    below = [middle - middle // 2 * step // 499 for step in range(499, -1, -1)]
    above = [middle + middle * step // 500 for step in range(1, 501)]
    return array("q", below + above)
