"""What ``bench`` measures on one machine, between two hosts: the same round trips.

The side that connects decides what is measured, in which order, and when that is over; the
side that listens plays along. A launch is a game of its own, with new processes and a new
connection, and its hello says which recipe the next one is over. In it, each side also says
what machine it is.
"""

from __future__ import annotations

import functools
import multiprocessing
import time
from array import array
from collections.abc import Iterator
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ipc_cookbook.bench.machine import describe_machine, describe_python
from ipc_cookbook.bench.measure import (
    FEWEST_WORDS,
    FIRST_WORDS,
    TRIAL_SHARE,
    BadLaunch,
    FailedLaunch,
    Measurement,
    Progress,
    RoundTrips,
    warm_up_of,
)
from ipc_cookbook.bench.plan import ROUND_TRIP, Case, Plan, pinned
from ipc_cookbook.crew.interrupts import start_servers
from ipc_cookbook.errors import ConnectionFailed, PingPongError
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.hosts.remote import Place
from ipc_cookbook.hosts.side import Played, Side, play_side

if TYPE_CHECKING:
    from ipc_cookbook.bench.document import Host, Network

TRIALS = 2
PATIENCE_S = 5.0
PAUSE_S = 0.05
BETWEEN_GAMES = ("busy", "hung up", "wrong key")
"""What a caller may hear that comes before the other side has left the last game."""


def answer(place: Place, name: str, plan: Plan, tell: Tell | None) -> tuple[int, Peer]:
    """Play along until the other side has measured enough.

    :param name: of the recipe that the first game is over; the other side says what comes next.
    :param tell: hears what happens until the first game has begun.
    :returns: how many games there were, and with whom.
    """
    about = {"machine": describe_machine(), "python": describe_python()}
    launches = 0
    with pinned(plan.pin):
        while name:
            side = Side(
                name,
                *place,
                tokens=None,
                payload_size=None,
                tell=None if launches else tell,
                about=about,
            )
            played = play(side, plan, b"")
            name = str((played.about or {}).get("next", ""))
            launches += 1
    return launches, played.peer


def measure_with_host(
    place: Place, plan: Plan, left_out: dict[str, str], progress: Progress, tell: Tell
) -> tuple[Measurement, Network]:
    """Do what the plan says, but for the floor. After Ctrl-C, what was finished by then.

    :raises PingPongError: the sides never met.
    """
    plan = plan._replace(mechanisms=tuple(each for each in plan.mechanisms if not each.is_floor))
    measurement = Measurement(plan, left_out)
    caller = Caller(place, plan, measurement, tell)
    try:
        with pinned(plan.pin):
            start_servers(multiprocessing.get_context(plan.start_method))
            caller.measure(progress)
    except KeyboardInterrupt:
        measurement.is_interrupted = True
    if caller.network is None:
        raise measurement.failures[0].error if measurement.failures else KeyboardInterrupt
    return measurement, caller.network


class Launch(NamedTuple):
    """A game to come. Round 0 is for finding out how many words fill the time."""

    case: Case
    round: int


class Caller:
    """The side that measures.

    ``network`` is None until the other side has been met.
    """

    def __init__(self, place: Place, plan: Plan, measurement: Measurement, tell: Tell) -> None:
        self.place, self.plan, self.measurement, self.tell = place, plan, measurement, tell
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
            self.measurement.failures.append(FailedLaunch(launch.case, launch.round, error))
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
        took_ns = self.round_trips_ns(case, words, following)
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

    def round_trips_ns(self, case: Case, words: int, following: str) -> array[int]:
        """How long each round trip of a game took, in ns."""
        name, payload = case.mechanism.name, self.random.randbytes(case.size)
        side = Side(
            name,
            *self.place,
            tokens=words,
            payload_size=case.size,
            tell=self.tell if self.network is None else None,
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
            there: Host = {"machine": about["machine"], "python": about["python"]}
            self.network = {"peer": there, "ciphers": {}}
        self.network["ciphers"][name] = cipher


def play(side: Side, plan: Plan, payload: bytes) -> Played:
    part = functools.partial(play_side, player=side.player, delay=0.0, echo=False)
    context = multiprocessing.get_context(plan.start_method)
    return side.play(part, context, payload=payload, timeout=plan.timeout)
