"""Documents with known figures, made without measuring anything."""

from __future__ import annotations

import multiprocessing
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import product

from ipc_cookbook.bench import summary
from ipc_cookbook.bench.document import Document
from ipc_cookbook.bench.machine import describe_machine
from ipc_cookbook.bench.measure import Measurement, RoundTrips, Stream
from ipc_cookbook.bench.places import Place
from ipc_cookbook.bench.plan import ROUND_TRIP, STREAM, Case, Mechanism, Plan
from ipc_cookbook.bench.stage import Usage

USAGE = Usage(cpu_s=12.5e-6, voluntary=2.0, involuntary=0.25)


def document_of(
    launches_us: Mapping[str, Sequence[float]],
    *,
    sizes: tuple[int, ...] = (0,),
    references: Sequence[str] = (),
    pickles: Sequence[str] = (),
    two_cpus_us: Mapping[str, Sequence[float]] | None = None,
) -> Document:
    """A measurement in which each mechanism had these median round trips, launch by launch.

    They are those on one CPU if there are others on two.

    Every launch has 1000 round trips, from half to twice its median, and a stream.
    """
    mechanisms = [
        Mechanism(
            name, None, "pickles" if name in pickles else "bytes", is_reference=name in references
        )
        for name in launches_us
    ]
    places = {Place("free", None): launches_us}
    if two_cpus_us is not None:
        places = {Place("one", (1, 1)): launches_us, Place("two", (0, 1)): two_cpus_us}
    method = multiprocessing.get_all_start_methods()[0]
    launches = max(map(len, launches_us.values()))
    plan = Plan(tuple(mechanisms), method, places=(*places,), sizes=sizes, launches=launches)
    measurement = Measurement(plan)
    for mechanism, size, place in product(mechanisms, sizes, places):
        rounds = list(enumerate(places[place][mechanism.name], start=1))
        measurement.found[Case(mechanism, size, ROUND_TRIP, place)] = [
            RoundTrips(number, times_around(median_us), 1, 100, 0.02, USAGE)
            for number, median_us in rounds
        ]
        measurement.found[Case(mechanism, size, STREAM, place)] = [
            Stream(number, 1000, median_us / 1000) for number, median_us in rounds
        ]
    return summary.build(measurement, describe_machine(), datetime(2024, 1, 2, tzinfo=UTC))


def times_around(median_us: float) -> array[int]:
    middle = round(median_us * 1000)
    below = [middle - middle // 2 * step // 499 for step in range(499, -1, -1)]
    above = [middle + middle * step // 500 for step in range(1, 501)]
    return array("q", below + above)
