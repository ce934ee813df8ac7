"""Where the players run, and what a table says of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from documents import document_of
from extras_here import require_bench
from ipc_cookbook.bench.measure import measure
from ipc_cookbook.bench.places import ONE, PLACES, TWO, Place, pinned, place_of, places_here
from ipc_cookbook.bench.plan import ROUND_TRIP, STREAM
from ipc_cookbook.cli.main import run
from ipc_cookbook.render.bench_table import as_text
from ipc_cookbook.render.progress import Silence
from known_times import KnownTimes, measured, measured_document, plan_of
from samples import PLAIN

pytestmark = pytest.mark.part

require_bench()

needs_affinity = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="needs CPU affinity"
)
needs_two = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two CPUs",
)


class SayingEnd:
    """An end that says in its process which CPUs it and a thread of its may use."""

    def __init__(self, name: str, connection: Connection, outbox: Connection) -> None:
        self.name, self.connection, self.outbox = name, connection, outbox

    def __enter__(self) -> Connection:
        say_cpus(self.name, self.outbox)
        thread = threading.Thread(target=say_cpus, args=(f"{self.name}'s thread", self.outbox))
        thread.start()
        thread.join()
        return self.connection

    def __exit__(self, *exc_info: object) -> None:
        pass


def say_cpus(name: str, outbox: Connection) -> None:
    outbox.send((name, os.sched_getaffinity(0)))


class Saying:
    """A pipe and a helper; ``said`` is what all of their processes said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, set[int]]] = []

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[SayingEnd, SayingEnd]]:
        inbox, outbox = context.Pipe(duplex=False)
        helper: Any = context.Process(  # type: ignore[attr-defined]
            target=say_cpus, args=("helper", outbox)
        )
        helper.start()
        first, second = context.Pipe()
        with first, second:
            yield SayingEnd("Ping", first, outbox), SayingEnd("Pong", second, outbox)
        helper.join()
        while inbox.poll():
            self.said.append(inbox.recv())


@needs_two
@pytest.mark.parametrize("name", PLACES)
def test_players_helpers_and_threads_are_in_their_place(name: Any, start_method: str) -> None:
    before, saying = os.sched_getaffinity(0), Saying()
    place = place_of(name)
    measured(plan_of({"saying": saying}, places=(place,), start_method=start_method))
    ping, pong = ({cpu} for cpu in place.cpus) if place.cpus else (before, before)
    assert os.sched_getaffinity(0) == before
    assert {who for who, _ in saying.said} == (
        {"Ping", "Ping's thread", "Pong", "Pong's thread", "helper"}
    )
    for who, cpus in saying.said:
        expected = {"Ping": ping, "Pong": pong}.get(who.removesuffix("'s thread"), ping | pong)
        assert cpus == expected, who


@needs_affinity
def test_pinning_ends_with_the_block_whatever_happens() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError), pinned((max(before),)):
        _ = 1 / 0
    assert os.sched_getaffinity(0) == before


@needs_two
def test_two_are_two_and_one_is_one() -> None:
    one, two = place_of(ONE).cpus, place_of(TWO).cpus
    assert one is not None
    assert two is not None
    assert len({*one}) == 1
    assert len({*two}) == 2
    assert {*one, *two} <= os.sched_getaffinity(0)


@needs_affinity
def test_with_one_cpu_there_is_one_place_and_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quick = ["bench", PLAIN, "--sizes", "0", "--tokens", "21", "--launches", "1", "--quiet"]
    with pinned((max(os.sched_getaffinity(0)),)):
        assert run(quick) == 0
        out = capsys.readouterr().out
        assert "Not measured: two CPUs; this process may use one CPU only." in out
        assert "Not measured: free; this process may use one CPU only." in out
        assert run([*quick, "--place", "two"]) == 2
    assert "argument --place: this process may use one CPU only" in capsys.readouterr().err


def test_without_affinity_there_is_the_free_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    places, left_out = places_here()
    assert places == (Place("free", None),)
    assert {*left_out} == {"one", "two"}
    assert {*left_out.values()} == {"this system does not let a process choose its CPUs"}


@needs_two
def test_round_trips_everywhere_and_the_stream_in_the_last_place() -> None:
    places, _ = places_here()
    known = KnownTimes([1000], message_ns=1000)
    found = measure(plan_of({"known": known}, places=places), {}, Silence()).found
    assert [case.place for case in found if case.kind == ROUND_TRIP] == [*places]
    assert [case.place for case in found if case.kind == STREAM] == [places[-1]]


@needs_affinity
def test_on_one_cpu_a_round_trip_takes_two_switches() -> None:
    """Each word wakes the other player, and there is no other CPU to run it."""
    from ipc_cookbook.bench.references import BareSockets

    plan = plan_of({"sockets": BareSockets()}, places=(place_of(ONE),), tokens=1000)
    (case,) = measured_document(plan)["cases"]
    (launch,) = case["round_trips"]
    waited = launch["voluntary_switches_per_round_trip"]
    taken = launch["involuntary_switches_per_round_trip"]
    assert waited is not None
    assert taken is not None
    assert waited + taken > 1.5


def in_columns(line: str) -> list[str]:
    return line.split()[:3]


def test_places_are_columns_in_one_table() -> None:
    document = document_of(
        {"first": [10] * 5, "second": [20] * 5}, two_cpus_us={"first": [90] * 5, "second": [95] * 5}
    )
    text = as_text(document)
    assert "one CPU: both players on CPU 1; two CPUs: Ping on CPU 0, Pong on CPU 1" in text
    assert "carries  one CPU       two CPUs\n" in text
    assert "\nfirst   bytes    10.0us 10-10  90.0us 90-90\n" in text
    assert "The order is the same on one CPU and on two" in text
    assert text.endswith("without a payload, on one CPU")


def test_whose_rank_depends_on_the_place_is_said() -> None:
    one = {"a": [10] * 5, "b": [20] * 5, "spinning": [4000] * 5, "c": [30] * 5}
    two = {"a": [50] * 5, "b": [60] * 5, "spinning": [1] * 5, "c": [70] * 5}
    text = as_text(document_of(one, two_cpus_us=two))
    assert "Their rank depends on the place: spinning. The others keep their order.\n" in text


def test_what_may_be_chance_is_no_change_of_rank() -> None:
    unsteady = [10, 30, 10, 30, 20]
    one: dict[str, list[float]] = {"a": [20, 21, 22, 20, 21], "b": [x * 1.1 for x in unsteady]}
    two: dict[str, list[float]] = {"a": [20, 21, 22, 20, 21], "b": [x * 0.9 for x in unsteady]}
    assert "The order is the same" in as_text(document_of(one, two_cpus_us=two))


def test_like_is_ranked_with_like() -> None:
    launches = {"a": [10] * 5, "b": [20] * 5, "c": [30] * 5, "d": [40] * 5}
    text = as_text(document_of(launches, pickles=["a", "c"]))
    assert "those that carry pickles: a < c\n" in text
    assert "those that carry bytes: b < d\n" in text
    assert "a was 3.00 (3.00 to 3.00) times as fast as c" in text
