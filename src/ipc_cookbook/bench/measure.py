"""Launch after launch, in shuffled order, so that a machine's drift touches all alike.

A launch is a game of its own with new processes. The order is shuffled anew in every round,
and a round holds each case once. The payload differs from launch to launch and is checked on
its return. The first tenth of a launch is left out as warm-up; it holds the wait for the
other player's process.
"""

from __future__ import annotations

import functools
import multiprocessing
from array import array
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import NamedTuple, Protocol

from ipc_cookbook.bench.cpu_meter import CpuMeter
from ipc_cookbook.bench.floor import BarePipes, copy_payload, stand_by
from ipc_cookbook.bench.plan import ROUND_TRIP, STREAM, Case, Plan, pinned
from ipc_cookbook.bench.stream import receive_stream, send_stream
from ipc_cookbook.crew.interrupts import start_servers
from ipc_cookbook.crew.player import Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.errors import BadValue, PingPongError
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.transport import Transport

FIRST_WORDS = 11
FEWEST_WORDS = 21
TRIAL_SHARE = 0.1


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
    ``cpu_us`` is the CPU time of a round trip, of all processes; None if it is not known.
    """

    round: int
    took_ns: array[int]
    batch: int
    warm_up: int
    startup_s: float | None
    cpu_us: float | None


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

    ``left_out`` says why a mechanism is not measured, ``unfit`` why not at one size.
    """

    plan: Plan
    left_out: dict[str, str] = field(default_factory=dict)
    unfit: dict[tuple[str, int], str] = field(default_factory=dict)
    round_trips: dict[Case, list[RoundTrips]] = field(default_factory=dict)
    streams: dict[Case, list[Stream]] = field(default_factory=dict)
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


def measure(plan: Plan, left_out: dict[str, str], progress: Progress) -> Measurement:
    """Do what the plan says. After Ctrl-C, what was finished by then."""
    measurement = Measurement(plan, left_out)
    random = Random(plan.seed)
    try:
        with pinned(plan.pin):
            start_servers(multiprocessing.get_context(plan.start_method))
            words = prepare(measurement, random, progress)
            progress.begin("measuring", plan.launches * len(words))
            for number in range(1, plan.launches + 1):
                for case in random.sample(list(words), len(words)):
                    launch(measurement, case, number, words[case], random)
                    progress.step()
    except KeyboardInterrupt as interruption:
        measurement.interruption = interruption
    finally:
        progress.end()
    return measurement


def prepare(measurement: Measurement, random: Random, progress: Progress) -> dict[Case, int]:
    """Find out what can be measured, and how many words a launch of each case should have."""
    plan = measurement.plan
    words: dict[Case, int] = {}
    cases = [
        Case(mechanism, size, ROUND_TRIP)
        for mechanism in plan.mechanisms
        for size in plan.sizes
        if mechanism.transport or size  # without a payload there is nothing to copy
    ]
    progress.begin("preparing", len(cases))
    for case in cases:
        mechanism, size, _ = case
        try:
            words[case] = enough_words(case, plan, random.randbytes(size))
        except ValueError as error:
            measurement.unfit[mechanism.name, size] = " ".join(str(error).split())
        except PingPongError as error:
            measurement.failures.append(FailedLaunch(case, 0, error))
        else:
            measurement.round_trips[case] = []
            if mechanism.has_stream:
                words[case._replace(kind=STREAM)] = 0
                measurement.streams[case._replace(kind=STREAM)] = []
        progress.step()
    return words


def enough_words(case: Case, plan: Plan, payload: bytes) -> int:
    """How many words fill the time of a launch, if their number is not given.

    :raises ValueError: the mechanism does not carry a payload of this size, or not so many
        in time.
    """
    transport = case.mechanism.transport
    if transport is None:
        return plan.tokens or FEWEST_WORDS

    def seconds_a_word(words: int) -> float:
        took_ns = run_round_trips(transport, plan, payload, 0, words).took_ns
        return median(took_ns) / 2 / 1e9

    word_s = seconds_a_word(FIRST_WORDS)
    if plan.tokens is not None:
        if plan.timeout is not None and plan.tokens * word_s > plan.timeout:
            raise BadValue(
                f"{plan.tokens} words would take {plan.tokens * word_s:.0f} s, "
                f"and the time limit of a launch is {plan.timeout:g} s"
            )
        return plan.tokens
    trial = int(TRIAL_SHARE * plan.seconds / word_s)
    if trial > FIRST_WORDS:
        word_s = seconds_a_word(trial)
    return max(FEWEST_WORDS, int(plan.seconds / word_s))


def launch(measurement: Measurement, case: Case, number: int, words: int, random: Random) -> None:
    """Run one launch and keep what came of it."""
    plan, transport = measurement.plan, case.mechanism.transport
    payload = random.randbytes(case.size)
    try:
        if transport is None:
            copied = run_copy(plan, payload, number, words)
            measurement.round_trips[case].append(copied)
        elif case.kind == STREAM:
            measurement.streams[case].append(run_stream(transport, plan, payload, number))
        else:
            launched = run_round_trips(transport, plan, payload, number, words)
            measurement.round_trips[case].append(launched)
    except PingPongError as error:
        measurement.failures.append(FailedLaunch(case, number, error))


def run_round_trips(
    transport: Transport, plan: Plan, payload: bytes, number: int, words: int
) -> RoundTrips:
    metered = CpuMeter(transport)
    result = run_pingpong(
        metered, tokens=words, payload=payload, start_method=plan.start_method, timeout=plan.timeout
    )
    if not result.ok:
        raise BadLaunch("words out of turn" if result.payload_intact else "the payload was damaged")
    took_ns = result.round_trips_ns
    helpers_cpu_s = metered.helpers_cpu_s
    cpu_us = None
    if helpers_cpu_s is not None:
        cpu_us = (sum(result.cpu_s.values()) + helpers_cpu_s) / (words / 2) * 1e6
    warm_up = warm_up_of(len(took_ns))
    return RoundTrips(number, took_ns[warm_up:], 1, warm_up, result.startup_s, cpu_us)


def run_copy(plan: Plan, payload: bytes, number: int, words: int) -> RoundTrips:
    seconds = plan.seconds if plan.tokens is None else 0
    parts: dict[str, Part] = {
        "Copy": functools.partial(copy_payload, samples=words // 2, seconds=seconds),
        "Idle": stand_by,
    }
    context = multiprocessing.get_context(plan.start_method)
    copied, _ = supervise(BarePipes(), context, parts, payload=payload, timeout=plan.timeout)
    batch, cpu_us = copied.summary
    (took_ns,) = copied.records
    warm_up = warm_up_of(len(took_ns))
    return RoundTrips(number, took_ns[warm_up:], batch, warm_up * batch, None, cpu_us)


def run_stream(transport: Transport, plan: Plan, payload: bytes, number: int) -> Stream:
    parts: dict[str, Part] = {
        "Ping": functools.partial(send_stream, messages=plan.tokens, seconds=plan.seconds),
        "Pong": receive_stream,
    }
    context = multiprocessing.get_context(plan.start_method)
    sender, receiver = supervise(transport, context, parts, payload=payload, timeout=plan.timeout)
    messages, begun_ns, payload_intact = sender.summary
    if not payload_intact:
        raise BadLaunch("the payload was damaged")
    return Stream(number, messages, (receiver.summary - begun_ns) / 1e9)


def warm_up_of(samples: int) -> int:
    """How many samples at the beginning are left out."""
    return max(1, samples // 10)
