"""What ``bench`` measures on one machine, between two hosts: the same exchange, there and back.

The side that connects decides what is measured, in which order, and when that is over; the
side that listens plays along. A launch is a game of its own, with new processes and a new
connection, and its hello says which recipe the next one is over. In it, each side also says
what machine it is.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from statistics import median
from typing import Any, NamedTuple, cast

from ipc_cookbook.bench import document as documents
from ipc_cookbook.bench.cli import check_outputs, deliver, plan_of
from ipc_cookbook.bench.document import Network
from ipc_cookbook.bench.machine import describe_machine, describe_python
from ipc_cookbook.bench.measure import (
    FEWEST_WORDS,
    FIRST_WORDS,
    TRIAL_SHARE,
    BadLaunch,
    Failure,
    Measurement,
    RoundTrips,
    warm_up_of,
)
from ipc_cookbook.bench.plan import ROUND_TRIP, Case, Plan, pinned
from ipc_cookbook.bench.progress import Progress, progress_on
from ipc_cookbook.cli import DONE, FAILED, INTERRUPTED, UsageError
from ipc_cookbook.extras import need
from ipc_cookbook.hosts.remote import Side, name_of, play_side, reaching_hosts, tell_people, where
from ipc_cookbook.interrupts import start_servers
from ipc_cookbook.transport import ConnectionFailed, PingPongError

TRIALS = 2
PATIENCE_S = 5.0
PAUSE_S = 0.05
BETWEEN_GAMES = ("busy", "hung up", "wrong key")
"""What a caller may hear that comes before the other side has left the last game."""


def run_between_hosts(options: argparse.Namespace) -> int:
    """The command: ``bench --connect`` and ``bench --listen``."""
    options.names = options.names or reaching_hosts()
    for name in options.names:
        name_of(name)
    if options.listen is None:
        return measure_and_show(options)
    if any(path is not None for path in (options.json, options.csv, options.plot)):
        raise UsageError("--json, --csv, and --plot are for the side that connects")
    return answer(options)


def answer(options: argparse.Namespace) -> int:
    """Play along until the other side has measured enough."""
    planned, _ = plan_of(options)
    place = where(options.listen, None, options.keys)
    if place[1].port == 0:
        raise UsageError("bench --listen needs a port of its own, not 0")
    about = {"machine": describe_machine(), "python": describe_python()}
    name, launches = options.names[0], 0
    with pinned(planned.pin):
        while name:
            tell = functools.partial(tell_people, "bench") if not launches else None
            side = Side(
                name,
                *place,
                tokens=None,
                payload_size=None,
                tell=None if options.quiet else tell,
                about=about,
            )
            played = play(side, planned, b"")
            name = str((played.about or {}).get("next", ""))
            launches += 1
    if not options.quiet:
        tell_people("bench", f"{launches} games with {played.peer.address}")
    return DONE


def measure_and_show(options: argparse.Namespace) -> int:
    need("bench", "bench")
    check_outputs(options)
    planned, left_out = plan_of(options)
    planned = planned._replace(
        mechanisms=tuple(each for each in planned.mechanisms if not each.is_floor)
    )
    place = where(None, options.connect, options.keys)
    started, machine = datetime.now(UTC), describe_machine()
    measurement = Measurement(planned, left_out)
    caller = Caller(place, planned, measurement)
    status = DONE
    try:
        with pinned(planned.pin):
            start_servers(multiprocessing.get_context(planned.start_method))
            caller.measure(progress_on(None if options.quiet else sys.stderr))
    except KeyboardInterrupt:
        measurement.is_interrupted, status = True, INTERRUPTED
    if caller.network is None:
        raise measurement.failures[0].error if measurement.failures else KeyboardInterrupt

    from ipc_cookbook.bench import report

    document = report.build(measurement, machine, started)
    document["network"] = caller.network
    documents.check(document)
    deliver(document, options)
    for failed in measurement.failures:
        print(f"ipc_cookbook: {failed.case.mechanism.name}: {failed.error}", file=sys.stderr)
        status = FAILED
    return status


class Launch(NamedTuple):
    """A game to come. Round 0 is for finding out how many words fill the time."""

    case: Case
    round: int


class Caller:
    """The side that measures.

    ``network`` is None until the other side has been met.
    """

    def __init__(self, place: Any, plan: Plan, measurement: Measurement) -> None:
        self.place, self.plan, self.measurement = place, plan, measurement
        self.network: Network | None = None
        self.random = Random(plan.seed)
        self.words: dict[Case, int] = {}

    def measure(self, progress: Progress) -> None:
        """Play all launches; the first that fails is the last."""
        launches = list(self.launches())
        self.measurement.round_trips.update({launch.case: [] for launch in launches})
        progress.begin("measuring", len(launches))
        try:
            for number, launch in enumerate(launches):
                rest = launches[number + 1 :]
                self.play(launch, rest[0].case.mechanism.name if rest else "")
                progress.step()
        except PingPongError as error:
            self.measurement.failures.append(Failure(launch.case, launch.round, error))
            self.measurement.is_interrupted = True
        finally:
            progress.end()

    def launches(self) -> Iterator[Launch]:
        """In rounds that hold each case once, in an order shuffled anew."""
        plan = self.plan
        cases = [Case(each, size, ROUND_TRIP) for each in plan.mechanisms for size in plan.sizes]
        for case in cases if plan.tokens is None else cases[:1]:
            yield from [Launch(case, 0)] * TRIALS
        for number in range(1, plan.launches + 1):
            for case in self.random.sample(cases, len(cases)):
                yield Launch(case, number)

    def play(self, launch: Launch, following: str) -> None:
        case, plan = launch.case, self.plan
        words = plan.tokens or self.words.get(case, FIRST_WORDS)
        took_ns = self.exchange(case, words, following)
        if launch.round:
            warm_up = warm_up_of(len(took_ns))
            self.measurement.round_trips[case].append(
                RoundTrips(launch.round, took_ns[warm_up:], 1, warm_up, None, None)
            )
            return
        is_last = case in self.words
        seconds = plan.seconds if is_last else TRIAL_SHARE * plan.seconds
        self.words[case] = max(
            FEWEST_WORDS if is_last else FIRST_WORDS, int(seconds / (median(took_ns) / 2 / 1e9))
        )

    def exchange(self, case: Case, words: int, following: str) -> Any:
        """How long each exchange of a game took, in ns."""
        name, payload = case.mechanism.name, self.random.randbytes(case.size)
        side = Side(
            name,
            *self.place,
            tokens=words,
            payload_size=case.size,
            tell=functools.partial(tell_people, "bench") if self.network is None else None,
            about={"next": following},
        )
        called_at_ns = time.perf_counter_ns()
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                played = play(side, self.plan, payload)
                break
            except ConnectionFailed as failed:
                is_late = self.network is None or time.monotonic() > until
                if is_late or failed.reason not in BETWEEN_GAMES:
                    raise
                time.sleep(PAUSE_S)
        self.note(name, played.about, played.peer.cipher)
        result = played.as_result(name, called_at_ns)
        if not result.ok:
            raise BadLaunch("words out of turn, or the payload was damaged")
        return result.round_trips_ns

    def note(self, name: str, about: dict[str, Any] | None, cipher: str | None) -> None:
        if about is None or not {"machine", "python"} <= about.keys():
            raise BadLaunch("the other side does not run: bench --listen")
        if self.network is None:
            there = {"machine": about["machine"], "python": about["python"]}
            self.network = cast(Network, {"peer": there, "ciphers": {}})
        self.network["ciphers"][name] = cipher


def play(side: Side, plan: Plan, payload: bytes) -> Any:
    role = functools.partial(play_side, word=side.word, delay=0.0, echo=False)
    context = multiprocessing.get_context(plan.start_method)
    return side.play(role, context, payload=payload, timeout=plan.timeout)
