"""Launch after launch, in shuffled order, so that a machine's drift touches all alike.

A launch is a game of its own with new processes. The order is shuffled anew in every round,
and a round holds each case once. The payload differs from launch to launch and is checked on
its return. The first tenth of a launch is left out as warm-up; it holds the wait for the
other player's process.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import time
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Any, NamedTuple, Protocol

from ipc_cookbook.bench import system_calls
from ipc_cookbook.bench.paced import answer, ask
from ipc_cookbook.bench.places import pinned
from ipc_cookbook.bench.plan import PACED, ROOM, ROUND_TRIP, STREAM, SYSTEM_CALLS, Case, Kind, Plan
from ipc_cookbook.bench.references import BarePipes, copy_payload, stand_by
from ipc_cookbook.bench.room import Room, flood, judge, take_slowly
from ipc_cookbook.bench.stage import Stage, Usage
from ipc_cookbook.bench.stream import receive_stream, send_stream
from ipc_cookbook.crew.interrupts import start_servers
from ipc_cookbook.crew.player import Part
from ipc_cookbook.crew.report import Inbox
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.errors import BadValue, PingPongError
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.transport import Transport

FIRST_WORDS = 11
FEWEST_WORDS = 21
FEWEST_PACED_WORDS = 40
TRIAL_SHARE = 0.1
SLOW_S = 0.25
DAMAGED = "the payload was damaged"


class Progress(Protocol):
    """Hears how far the measuring is."""

    def begin(self, activity: str, total: int) -> None:
        """So many steps lie ahead."""

    def step(self) -> None:
        """One more is done."""

    def end(self) -> None:
        """No more will be."""


class RoundTrips(NamedTuple):
    """The round trips of one launch, without the warm-up.

    ``took_ns`` has an item per round trip, or if ``batch`` is not 1, the mean of so many.
    ``usage`` is that of a round trip, of all processes; None if it is not known.
    """

    round: int
    took_ns: array[int]
    batch: int
    warm_up: int
    startup_s: float | None
    usage: Usage | None


class Stream(NamedTuple):
    """One launch one way: how many messages, and from the first until all had come, in s."""

    round: int
    messages: int
    elapsed_s: float


class FailedLaunch(NamedTuple):
    """A launch that gave no figures; round 0 is what comes before the first."""

    case: Case
    round: int
    error: PingPongError


class BadLaunch(PingPongError):
    """A game went to its end, but not as it should."""


@dataclass
class Measurement:
    """What has been measured so far, in the order of the plan.

    ``found`` has what each launch of a case gave: ``RoundTrips`` (paced ones as well),
    ``Stream``, ``Room``, or how many of each system call there are in a round trip.
    ``left_out`` says why a mechanism is not measured, ``unfit`` why not at one size.
    """

    plan: Plan
    left_out: dict[str, str] = field(default_factory=dict)
    unfit: dict[tuple[str, int], str] = field(default_factory=dict)
    found: dict[Case, list[Any]] = field(default_factory=dict)
    failures: list[FailedLaunch] = field(default_factory=list)
    interruption: KeyboardInterrupt | None = None

    @property
    def is_interrupted(self) -> bool:
        return self.interruption is not None

    @property
    def lock_step(self) -> set[str]:
        """The mechanisms where each word waits its turn, so that there is no stream."""
        return {
            each.name for each in self.plan.mechanisms if each.transport and not each.has_stream
        }


class Work(NamedTuple):
    """How many words a launch of a case has, and how many launches there are."""

    words: int
    launches: int


def measure(plan: Plan, left_out: dict[str, str], progress: Progress) -> Measurement:
    """Do what the plan says. After Ctrl-C, what was finished by then."""
    measurement = Measurement(plan, left_out)
    random = Random(plan.seed)
    try:
        start_servers(multiprocessing.get_context(plan.start_method))
        works = prepare(measurement, random, progress)
        progress.begin("measuring", sum(work.launches for work in works.values()))
        for number in range(1, plan.launches + 1):
            cases = [case for case, work in works.items() if number <= work.launches]
            for case in random.sample(cases, len(cases)):
                launch(measurement, case, number, works[case].words, random)
                progress.step()
    except KeyboardInterrupt as interruption:
        measurement.interruption = interruption
    finally:
        progress.end()
    return measurement


def prepare(measurement: Measurement, random: Random, progress: Progress) -> dict[Case, Work]:
    """Find out what can be measured, and how much a launch of each case should have."""
    plan = measurement.plan
    works: dict[Case, Work] = {}
    cases = [
        Case(mechanism, size, ROUND_TRIP, place)
        for mechanism in plan.mechanisms
        for size in plan.sizes
        if mechanism.transport or size  # without a payload there is nothing to copy
        for place in plan.places
    ]
    progress.begin("preparing", len(cases))
    for case in cases:
        try:
            words, trial_s = enough_words(case, plan, random.randbytes(case.size))
        except ValueError as error:
            measurement.unfit[case.mechanism.name, case.size] = " ".join(str(error).split())
        except PingPongError as error:
            measurement.failures.append(FailedLaunch(case, 0, error))
        else:
            launches = plan.fewer_launches if trial_s > SLOW_S else plan.launches
            for further, work in further_cases(case, plan, Work(words, launches)).items():
                works[further] = work
                measurement.found[further] = []
        progress.step()
    return works


def further_cases(case: Case, plan: Plan, work: Work) -> dict[Case, Work]:
    """What is measured of a mechanism at one size and place, once it is known that it plays."""
    works = {case: work}
    mechanism = case.mechanism
    if mechanism.transport and plan.pace_s is not None:
        words = plan.tokens or max(FEWEST_PACED_WORDS, 2 * int(plan.seconds / plan.pace_s))
        works[case._replace(kind=PACED)] = work._replace(words=words)
    if case.place == plan.places[-1]:
        if mechanism.has_stream:
            works[case._replace(kind=STREAM)] = work
            if plan.with_room:
                works[case._replace(kind=ROOM)] = Work(0, 1)
        if plan.with_system_calls and not mechanism.is_reference:
            works[case._replace(kind=SYSTEM_CALLS)] = Work(0, 1)
    return works


def enough_words(case: Case, plan: Plan, payload: bytes) -> tuple[int, float]:
    """How many words fill the time of a launch, if their number is not given.

    :returns: the words, and the longest time in s that a trial of some took in all.
    :raises ValueError: the mechanism does not carry a payload of this size, or not so many
        in time.
    """
    if case.mechanism.transport is None:
        return plan.tokens or FEWEST_WORDS, 0.0
    longest_s = 0.0

    def seconds_a_word(words: int) -> float:
        nonlocal longest_s
        begun_s = time.perf_counter()
        took_ns = run_round_trips(case, plan, payload, 0, words).took_ns
        longest_s = max(longest_s, time.perf_counter() - begun_s)
        return median(took_ns) / 2 / 1e9

    word_s = seconds_a_word(FIRST_WORDS)
    if plan.tokens is not None:
        if plan.timeout is not None and plan.tokens * word_s > plan.timeout:
            raise BadValue(
                f"{plan.tokens} words would take {plan.tokens * word_s:.0f} s, "
                f"and the time limit of a launch is {plan.timeout:g} s"
            )
        return plan.tokens, longest_s
    trial = int(TRIAL_SHARE * plan.seconds / word_s)
    if trial > FIRST_WORDS:
        word_s = seconds_a_word(trial)
    return max(FEWEST_WORDS, int(plan.seconds / word_s)), longest_s


def launch(measurement: Measurement, case: Case, number: int, words: int, random: Random) -> None:
    """Run one launch and keep what came of it."""
    payload = random.randbytes(case.size)
    try:
        found = RUN[case.kind](case, measurement.plan, payload, number, words)
    except PingPongError as error:
        measurement.failures.append(FailedLaunch(case, number, error))
    else:
        measurement.found[case].append(found)


def run_round_trips(case: Case, plan: Plan, payload: bytes, number: int, words: int) -> RoundTrips:
    transport = case.mechanism.transport
    if transport is None:
        return run_copy(case, plan, payload, number, words)
    stage = Stage(transport, case.place)
    with pinned(case.place.cpus):
        result = run_pingpong(
            stage,
            tokens=words,
            payload=payload,
            start_method=plan.start_method,
            timeout=plan.timeout,
        )
    if not result.ok:
        raise BadLaunch("words out of turn" if result.payload_intact else DAMAGED)
    took_ns = result.round_trips_ns
    warm_up = warm_up_of(len(took_ns))
    usage = stage.usage and stage.usage.per(words / 2)
    return RoundTrips(number, took_ns[warm_up:], 1, warm_up, result.startup_s, usage)


def run_copy(case: Case, plan: Plan, payload: bytes, number: int, words: int) -> RoundTrips:
    seconds = plan.seconds if plan.tokens is None else 0
    copy = functools.partial(copy_payload, samples=words // 2, seconds=seconds)
    copied, _ = run_parts(BarePipes(), case, plan, payload, {"Copy": copy, "Idle": stand_by})
    (took_ns,), batch = copied.records, copied.summary.batch
    warm_up = warm_up_of(len(took_ns))
    return RoundTrips(number, took_ns[warm_up:], batch, warm_up * batch, None, copied.summary.usage)


def run_stream(case: Case, plan: Plan, payload: bytes, number: int, words: int) -> Stream:
    send = functools.partial(send_stream, messages=plan.tokens, seconds=plan.seconds)
    sender, receiver = run_parts(
        case.mechanism.transport, case, plan, payload, {"Ping": send, "Pong": receive_stream}
    )
    messages, begun_ns, payload_intact = sender.summary
    if not payload_intact:
        raise BadLaunch(DAMAGED)
    return Stream(number, messages, (receiver.summary - begun_ns) / 1e9)


def run_paced(case: Case, plan: Plan, payload: bytes, number: int, words: int) -> RoundTrips:
    parts: dict[str, Part] = {
        "Ping": functools.partial(ask, words=words, pace_s=plan.pace_s or 0.0),
        "Pong": functools.partial(answer, words=words),
    }
    asked, _ = run_parts(case.mechanism.transport, case, plan, payload, parts)
    if not asked.summary:
        raise BadLaunch(DAMAGED)
    (took_ns,) = asked.records
    warm_up = warm_up_of(len(took_ns))
    return RoundTrips(number, took_ns[warm_up:], 1, warm_up, None, None)


def run_room(case: Case, plan: Plan, payload: bytes, number: int, words: int) -> Room:
    parts: dict[str, Part] = {
        "Ping": functools.partial(flood, caller_pid=os.getpid()),
        "Pong": take_slowly,
    }
    sender, receiver = run_parts(case.mechanism.transport, case, plan, payload, parts)
    memory_bytes, payload_intact = sender.summary
    if not payload_intact:
        raise BadLaunch(DAMAGED)
    (sent_at_ns,), (arrived_at_ns,) = sender.records, receiver.records
    return judge(sent_at_ns, arrived_at_ns, memory_bytes)


def run_parts(
    transport: Transport | None, case: Case, plan: Plan, payload: bytes, parts: dict[str, Part]
) -> list[Inbox]:
    """Let both players play these parts, where the case says."""
    assert transport is not None
    context = multiprocessing.get_context(plan.start_method)
    with pinned(case.place.cpus):
        return supervise(
            Stage(transport, case.place), context, parts, payload=payload, timeout=plan.timeout
        )


def count_system_calls(
    case: Case, plan: Plan, payload: bytes, number: int, words: int
) -> dict[str, float]:
    with pinned(case.place.cpus):
        return system_calls.per_round_trip(case.mechanism.name, case.size, plan.start_method)


RUN: Mapping[Kind, Callable[[Case, Plan, bytes, int, int], Any]] = {
    ROUND_TRIP: run_round_trips,
    STREAM: run_stream,
    PACED: run_paced,
    ROOM: run_room,
    SYSTEM_CALLS: count_system_calls,
}


def warm_up_of(samples: int) -> int:
    """How many samples at the beginning are left out."""
    return max(1, samples // 10)
