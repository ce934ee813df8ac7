"""What comes out is what was put in: figures of transports whose times are known."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from extras_here import require_bench
from ipc_cookbook import PingPongResult, catalog, run_pingpong
from ipc_cookbook.bench.measure import Measurement, Work, measure
from ipc_cookbook.bench.places import FREE, Place
from ipc_cookbook.bench.plan import ROUND_TRIP, STREAM, Case, Mechanism, choose
from ipc_cookbook.bench.references import BarePipes
from ipc_cookbook.render.bench_table import as_text
from ipc_cookbook.render.progress import Lines
from ipc_cookbook.transport import Transport
from known_times import (
    STARTUP_NS,
    KnownTimes,
    measured,
    measured_document,
    plan_of,
    rounds_of,
)

require_bench()

FREELY = Place(FREE, None)


def test_percentiles_are_those_of_the_injected_times() -> None:
    # 1111 round trips, the first 111 as warm-up: each time from 1 to 1000 us is measured once.
    transport = KnownTimes([1000 * number for number in range(1, 1001)])
    document = measured_document(plan_of({"known": transport}, tokens=2223))
    (launch,) = document["cases"][0]["round_trips"]
    assert launch["percentiles_ns"] == {
        "p1": 10_000,
        "p10": 100_000,
        "p50": 500_000,
        "p90": 900_000,
        "p99": 990_000,
        "p99.9": 999_000,
    }
    assert (launch["min_ns"], launch["max_ns"]) == (1000, 1_000_000)
    assert (launch["measured"], launch["warm_up"]) == (1000, 111)
    assert launch["round_trips_per_s"] == pytest.approx(1e9 / 500_500)
    assert launch["startup_s"] is not None
    assert 0 <= launch["startup_s"] - STARTUP_NS / 1e9 < 3


def test_warm_up_is_left_out() -> None:
    transport = KnownTimes([10**9] * 10 + [1000] * 90)
    document = measured_document(plan_of({"known": transport}, tokens=201, timeout=None))
    assert document["cases"][0]["round_trips"][0]["max_ns"] == 1000


def test_stream() -> None:
    transport = KnownTimes([1000], message_ns=2000)
    document = measured_document(plan_of({"known": transport}, sizes=(1000,), tokens=800))
    streams = document["cases"][0]["streams"]
    assert streams is not None
    assert streams[0]["messages"] == 800
    assert streams[0]["messages_per_s"] == pytest.approx(500_000)
    assert streams[0]["megabytes_per_s"] == pytest.approx(500)
    assert document["lock_step"] == []


def test_number_of_words_fills_the_time() -> None:
    transport = KnownTimes([50_000], message_ns=10_000)
    document = measured_document(plan_of({"known": transport}, tokens=None, seconds=0.02))
    (case,) = document["cases"]
    launch = case["round_trips"][0]
    assert launch["measured"] + launch["warm_up"] == pytest.approx(400, abs=1)
    assert case["streams"] is not None
    assert case["streams"][0]["messages"] == pytest.approx(2000, rel=0.01)


def test_order_and_ratio() -> None:
    transports = {
        "slow": KnownTimes([45_000]),
        "fast": KnownTimes([10_000]),
        "middle": KnownTimes([21_000]),
    }
    text = as_text(measured_document(plan_of(transports, launches=5)))
    assert "those that carry bytes: fast < middle < slow\n" in text
    assert "\nfast was 2.10 (2.10 to 2.10) times as fast as middle, without a payload, " in text
    rows = [line.split()[0] for line in text.splitlines() if line.startswith(tuple(transports))]
    assert rows[:3] == ["fast", "middle", "slow"]


def test_noise_larger_than_the_difference_gives_no_order() -> None:
    transports = {
        "one": KnownTimes(*rounds_of(10, 12, 10, 12, 10)),
        "other": KnownTimes(*rounds_of(12, 10, 12, 10, 12)),
    }
    text = as_text(measured_document(plan_of(transports, launches=5)))
    assert "those that carry bytes: one ? other" in text
    assert text.splitlines()[-1].startswith(
        "cannot tell whether one or other is faster without a payload, placed freely: 1.20 (0.83 "
    )


def test_drift_that_hits_all_alike_does_not_hide_an_order() -> None:
    transports = {
        "one": KnownTimes(*rounds_of(10, 20, 40, 80, 160)),
        "other": KnownTimes(*rounds_of(12, 24, 48, 96, 192)),
    }
    text = as_text(measured_document(plan_of(transports, launches=5)))
    assert "one was 1.20 (1.20 to 1.20) times as fast as other" in text


def test_too_few_launches_give_no_order() -> None:
    transports = {"one": KnownTimes([1000]), "other": KnownTimes([9000])}
    text = as_text(measured_document(plan_of(transports, launches=4)))
    assert "one ? other" in text
    assert text.endswith("cannot tell whether one or other is faster: 4 launches, and 5 are needed")


def test_rounds_hold_every_case_once_in_changing_order(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case(Mechanism(name, None), 0, ROUND_TRIP, FREELY) for name in "abcdefgh"]
    works = dict.fromkeys(cases, Work(words=11, launches=3))
    done: list[tuple[str, int]] = []

    def note(measurement: Measurement, case: Case, number: int, *others: object) -> None:
        done.append((case.mechanism.name, number))

    monkeypatch.setattr("ipc_cookbook.bench.measure.prepare", lambda *_: works)
    monkeypatch.setattr("ipc_cookbook.bench.measure.launch", note)
    measured(plan_of({}, launches=3))
    rounds = [done[start : start + 8] for start in (0, 8, 16)]
    for number, names in enumerate(rounds, start=1):
        assert sorted(names) == [(name, number) for name in "abcdefgh"]
    assert len({tuple(name for name, _ in names) for names in rounds}) > 1
    first, done[:] = list(done), []
    measured(plan_of({}, launches=3))
    assert done == first, "the same seed gives the same order"


def test_payload_differs_from_launch_to_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    payloads: list[bytes] = []

    def note(transport: Transport, *, payload: bytes, **options: Any) -> PingPongResult:
        payloads.append(payload)
        return run_pingpong(transport, payload=payload, **options)

    monkeypatch.setattr("ipc_cookbook.bench.measure.run_pingpong", note)
    measured(plan_of({"known": KnownTimes([1000])}, sizes=(100,), launches=3))
    assert {len(payload) for payload in payloads} == {100}
    assert len(set(payloads)) == len(payloads) == 4


HELPER_CPU_S = 0.05


def burn() -> None:
    until_s = time.process_time() + HELPER_CPU_S
    while time.process_time() < until_s:
        pass


class HelpedPipe:
    """A pipe, and a process beside it that works for a while."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[Connection, Connection]]:
        helper = context.Process(target=burn)  # type: ignore[attr-defined]
        helper.start()
        first, second = context.Pipe()
        with first, second:
            yield first, second
        helper.join()


def test_cpu_time_of_a_helper_counts() -> None:
    found = measured(plan_of({"helped": HelpedPipe()}, tokens=10)).found
    (launch,) = found[next(case for case in found if case.kind == ROUND_TRIP)]
    assert launch.usage.cpu_s * 5 > HELPER_CPU_S


def test_no_stream_where_each_word_waits_its_turn() -> None:
    """That the mechanism says so is enough: this one would carry messages one way as well."""
    streaming = Mechanism("streaming", BarePipes())
    in_turn = Mechanism("in turn", BarePipes(), has_stream=False)
    document = measured_document(plan_of({}, mechanisms=(streaming, in_turn)))
    assert document["failures"] == []
    assert document["lock_step"] == ["in turn"]
    streams = {case["transport"]: case["streams"] for case in document["cases"]}
    assert streams["streaming"] is not None
    assert streams["in turn"] is None
    assert "No stream over in turn: there is room for one message" in as_text(document)


def test_a_recipes_room_decides_whether_there_is_a_stream() -> None:
    mechanisms, _ = choose([])
    for mechanism in mechanisms:
        if not mechanism.is_reference:
            assert mechanism.has_stream == catalog.describe(mechanism.name).has_stream
    assert {mechanism.has_stream for mechanism in mechanisms} == {True, False}


def test_recipes_and_references_under_every_start_method(start_method: str) -> None:
    mechanisms, _ = choose([])
    without_stream = [each for each in mechanisms if not each.is_reference and not each.has_stream]
    chosen = (*without_stream[:2], *(each for each in mechanisms if each.is_reference))
    plan = plan_of({}, mechanisms=chosen, sizes=(100,), start_method=start_method)
    measurement = measured(plan)
    assert not measurement.failures
    kinds: dict[str, set[str]] = {}
    for case, (launch,) in measurement.found.items():
        kinds.setdefault(case.mechanism.name, set()).add(case.kind)
        if case.kind == ROUND_TRIP:
            assert launch.usage.cpu_s > 0
            assert launch.batch == (655 if case.mechanism.transport is None else 1)
    assert kinds.keys() == {mechanism.name for mechanism in chosen}
    assert {name for name in kinds if STREAM in kinds[name]} == (
        {mechanism.name for mechanism in chosen if mechanism.has_stream}
    )
    assert measurement.lock_step == {each.name for each in without_stream[:2]}


def test_progress_counts_launches() -> None:
    stream = io.StringIO()
    measure(plan_of({"known": KnownTimes([1000])}, launches=2), {}, Lines(stream))
    assert stream.getvalue().splitlines() == ["preparing: 0 of 1", "measuring: 0 of 2"]
