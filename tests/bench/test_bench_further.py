"""What is measured on request: a pause between words, a slow receiver, system calls."""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import pytest

from extras_here import require_bench
from homemade import Changing, PipeOf
from ipc_cookbook import catalog
from ipc_cookbook.bench import plan as planning
from ipc_cookbook.bench import system_calls
from ipc_cookbook.bench.references import BareSockets
from ipc_cookbook.bench.room import FLOOD_S, LAST_TOKEN, PAUSE_S
from ipc_cookbook.cli.main import run
from ipc_cookbook.render.bench_table import as_text
from ipc_cookbook.transport import Message
from known_times import measured_document, plan_of
from samples import PLAIN

require_bench()

HAS_STRACE = sys.platform == "linux" and shutil.which("strace") is not None


def test_a_pause_comes_before_each_word_of_ping() -> None:
    document = measured_document(plan_of({"known": PipeOf()}, tokens=22, pace_s=0.002))
    (case,) = document["cases"]
    assert case["paced"] is not None
    (paced,) = case["paced"]
    assert paced["measured"] + paced["warm_up"] == 11
    assert "\nThe same with a pause of 2.00 ms before each word of Ping\n" in as_text(document)


def test_the_pause_is_not_part_of_the_time() -> None:
    begun_s = time.monotonic()
    document = measured_document(plan_of({"known": PipeOf()}, tokens=10, pace_s=0.3, timeout=None))
    assert time.monotonic() - begun_s >= 5 * 0.3
    (paced,) = document["cases"][0]["paced"] or []
    assert paced["min_ns"] < 0.3 * 1e9


def test_without_a_pause_nothing_is_said_of_one() -> None:
    document = measured_document(plan_of({"known": PipeOf()}))
    assert document["cases"][0]["paced"] is None
    assert "pause" not in as_text(document)


def test_damage_is_seen_with_a_pause_as_well() -> None:
    words = 21

    def late(message: Message) -> Message:
        """Only after a game's last word: what is paced counts on to 22."""
        token, payload = message
        return token, payload[::-1] if token > words else payload

    pipe = PipeOf(lambda connection: Changing(connection, late))
    plan = plan_of({"known": pipe}, tokens=words, sizes=(8,), pace_s=0.001)
    mechanism = plan.mechanisms[0]._replace(has_stream=False)
    document = measured_document(plan._replace(mechanisms=(mechanism,), tokens=22))
    assert {failure["kind"] for failure in document["failures"]} >= {"paced"}


class QueueEnd:
    """Two queues: what one player puts, the other gets."""

    def __init__(self, incoming: Queue[Any], outgoing: Queue[Any]) -> None:
        self.recv, self.send = incoming.get, outgoing.put


class Queues:
    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[QueueEnd, QueueEnd]]:
        there, back = context.Queue(), context.Queue()
        yield QueueEnd(back, there), QueueEnd(there, back)


class Dropping(Changing):
    """Drops some of the messages that are sent to Pong, later than a short game has them."""

    def send(self, message: Message) -> None:
        token, _ = message
        if token % 10 != 5 or not 100 < token < LAST_TOKEN:
            super().send(message)


def room_of(transport: Any, size: int = 64 * 1024) -> Any:
    document = measured_document(
        plan_of({"known": transport}, sizes=(size,), with_room=True, tokens=11)
    )
    (room,) = document["rooms"]
    assert f"\nknown  {room['outcome']} " in as_text(document)
    return room


def test_a_full_buffer_blocks() -> None:
    room = room_of(BareSockets())
    assert room["outcome"] == "blocks"
    assert room["waiting"] * 64 * 1024 < 16 * 1024**2
    assert room["sent"] < 4 * FLOOD_S / PAUSE_S + room["waiting"]


def test_a_queue_without_a_limit_grows_and_takes_memory() -> None:
    room = room_of(Queues())
    assert room["outcome"] == "grows"
    assert room["waiting"] > 100
    assert room["memory_bytes"] > room["waiting"] * 64 * 1024 / 4


def test_what_never_arrives_was_dropped() -> None:
    ends = partial(Dropping, change=lambda message: message)
    assert room_of(PipeOf(ends, ends), size=8)["outcome"] == "drops"


def test_system_calls_in_what_strace_writes() -> None:
    table = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 60.00    0.000300           3       100         2 read
 40.00    0.000200           2       100           write
------ ----------- ----------- --------- --------- ------------------
100.00    0.000500           2       200         2 total
"""
    assert system_calls.counts_in(table) == {"read": 100, "write": 100}


@pytest.mark.skipif(not HAS_STRACE, reason="needs strace")
def test_system_calls_of_a_round_trip(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        system_calls.check()
    except Exception as error:
        pytest.skip(str(error))
    quick = ["--sizes", "0", "--tokens", "21", "--launches", "1", "--place", "free", "--quiet"]
    assert run(["bench", PLAIN, *quick, "--syscalls"]) == 0
    _, _, counted = capsys.readouterr().out.partition("System calls of a round trip")
    name, calls, *_ = counted.split("\n\n")[1].split()
    assert name == PLAIN
    assert float(calls) > 2, "one to send a word and one to receive it, twice"


def test_no_strace_is_one_line_and_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["bench", PLAIN, "--syscalls"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ipc_cookbook: --syscalls ")
    assert "strace" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["pickles", "bytes"])
def test_the_table_of_one_kind(kind: str) -> None:
    mechanisms, left_out = planning.choose([], kind)
    for each in mechanisms:
        if not each.is_reference:
            assert catalog.describe(each.name).carries == each.carries == kind
    other = {name for name, why in left_out.items() if why.startswith("it carries ")}
    assert other
    assert all(catalog.describe(name).carries != kind for name in other)


def test_slow_ones_are_launched_less_often_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ipc_cookbook.bench.measure.SLOW_S", 0.0)
    plan = plan_of({"known": PipeOf()}, launches=3, fewer_launches=2)
    document = measured_document(plan)
    assert [len(case["round_trips"]) for case in document["cases"]] == [2]
    assert "2 launches only, for one takes long: known." in as_text(document)


def test_start_methods_are_kept_to() -> None:
    """Each player of each kind of launch is started as asked for."""
    method = multiprocessing.get_all_start_methods()[-1]
    plan = plan_of({"known": PipeOf()}, start_method=method, pace_s=0.001, with_room=True)
    document = measured_document(plan)
    assert document["failures"] == []
    assert document["arguments"]["start_method"] == method
