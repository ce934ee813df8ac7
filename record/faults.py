"""Every fault at every token: a process of a game goes wrong, and what is reported of it."""

from __future__ import annotations

import datetime
import functools
import json
import multiprocessing
import os
import random
import re
import signal
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from checks import meanwhile
from faulty import SERVER_FAULT, Confession, FaultyTransport, own_faults, starts_helpers
from ipc_cookbook import PingPongError, PingPongTimeout, PlayerDied, run_pingpong
from ipc_cookbook.bench.machine import describe_machine, describe_python
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers, private_temporary_folder, start_lasting_helpers
from midway import HOLDING, MIDDLE, MidwayTransport, NoLock
from record import DATA
from unsupervised import survivors

TOKENS = 50
FAULTS = ("kill", "abort", "_exit", "ValueError", "stop")
MIDWAY = {HOLDING: (3, 12, 24), MIDDLE: (3, 12, 24)}
"""After which of its words Ping dies in mid-action."""

PATIENCE_S = 1.0
"""How long a survivor is watched before it is said to wait for ever."""

BLOW = "random signal"
BLOWS_TRIED = 20
EVERY = 5
"""What is recorded: every fifth moment, in twenty minutes."""

MOMENTS: dict[str, dict[str, Any]] = {
    "Ping begins": {"player": "Ping", "word": 0},
    "Pong begins": {"player": "Pong", "word": 0},
    **{f"token {token}": {"token": token} for token in range(TOKENS)},
}


class Outcome(NamedTuple):
    """What came of one fault."""

    recipe: str
    start_method: str
    fault: str
    moment: str
    was_detected: bool
    blamed_right: bool
    ms: float
    """From the fault to the error; for a stopped player, from the deadline."""
    report: str
    left: list[str]

    @property
    def is_perfect(self) -> bool:
        """Whether it was reported, of the right process, and nothing was left."""
        return self.was_detected and self.blamed_right and not self.left


@functools.cache
def has_lock(recipe: str) -> bool:
    """Whether a player ever holds a lock."""
    transport = MidwayTransport(recipe, HOLDING)
    try:
        run_pingpong(transport, timeout=30.0)
    except PlayerDied as died:
        return not isinstance(died.__cause__, NoLock)
    return True  # with one queue it may by chance have had no late turn


def break_off(recipe: str, start_method: str, case: str, word: int) -> Outcome:
    """Let Ping die in mid-action: while it holds a lock, or in the middle of a message."""
    transport = MidwayTransport(recipe, case, word)

    def play() -> None:
        run_pingpong(transport, start_method=start_method, timeout=30.0)

    outcome = watch(
        play, lambda: transport.confessions, 30.0, recipe, start_method, case, f"word {word}"
    )
    if not transport.confessions:  # with one queue it may by chance have had no late turn
        return break_off(recipe, start_method, case, word)
    return outcome


def cases_of(recipe: str) -> Iterator[str]:
    """The ways to die in mid-action that a recipe has."""
    if sys.platform == "linux":
        yield from (case for case in MIDWAY if case != HOLDING or has_lock(recipe))


@functools.cache
def whole_game_s(recipe: str, start_method: str) -> float:
    """Seconds that a game takes here and now when all goes well."""
    return max(run_pingpong(recipe, start_method=start_method).elapsed_s for _ in range(2))


def inject(recipe: str, start_method: str, fault: str, moment: str) -> Outcome:
    """Let a process of one game go wrong by itself, at one of the :data:`MOMENTS`."""
    transport = FaultyTransport(recipe, fault=fault, **MOMENTS[moment])
    deadline_s = 0.4 + 2 * whole_game_s(recipe, start_method) if fault == "stop" else 30.0

    def play() -> None:
        run_pingpong(transport, start_method=start_method, timeout=deadline_s)

    outcome = watch(
        play, lambda: transport.confessions, deadline_s, recipe, start_method, fault, moment
    )
    own = own_faults(recipe).get(fault)
    if own and not own.blames_server:  # whichever player the server refuses first
        named = re.match(r"PlayerDied: P[io]ng ", outcome.report)
        outcome = outcome._replace(blamed_right=bool(named))
    return outcome


def strike(recipe: str, start_method: str, seed: int) -> Outcome:
    """Send a signal from outside to a process of an endless game, at a random moment.

    The first moments are those of the start, before any player runs Python.
    """
    chance = random.Random(f"{recipe} {start_method} {seed}")
    fault = chance.choice([signal.SIGKILL, signal.SIGTERM])
    wait_s = chance.uniform(0, 1.5 * whole_game_s(recipe, start_method))
    confessions: list[Confession] = []

    def play() -> None:
        with striking(confessions, chance, fault, wait_s):
            run_pingpong(recipe, start_method=start_method, tokens=10**9, timeout=30.0)

    moment = f"{fault.name} after {1000 * wait_s:.0f} ms"
    return watch(play, lambda: confessions, 30.0, recipe, start_method, BLOW, moment)


@contextmanager
def striking(
    confessions: list[Confession], chance: random.Random, blow: signal.Signals, wait_s: float
) -> Iterator[None]:
    """Strike one of this process's children, once there is one."""

    def hit(over: threading.Event) -> None:
        over.wait(wait_s)
        while not over.is_set():
            children = multiprocessing.active_children()
            pids = sorted(child.pid for child in children if child.pid)
            if pids:
                victim = chance.choice(pids)
                confessions.append(Confession(victim, time.perf_counter_ns()))
                os.kill(victim, blow)
                return

    with meanwhile(hit):
        yield


def watch(
    play: Callable[[], None],
    confessions: Callable[[], list[Confession]],
    deadline_s: float,
    recipe: str,
    start_method: str,
    fault: str,
    moment: str,
) -> Outcome:
    """Play a game in which something goes wrong, and see what is reported and what is left."""
    before = Leftovers.now()
    called_at_ns = time.perf_counter_ns()
    was_detected = blamed_right = False
    report = "nothing"
    try:
        play()
    except PingPongError as error:
        now_ns = time.perf_counter_ns()
        report = f"{type(error).__name__}: {error}"
        if fault == "stop":
            was_detected = isinstance(error, PingPongTimeout)
            blamed_right = all(f"{player} had said" in report for player in ("Ping", "Pong"))
        elif isinstance(error, PlayerDied):
            was_detected = True
            blamed_right = error.pid in [confession.pid for confession in confessions()]
    else:
        now_ns = time.perf_counter_ns()
    since_ns = called_at_ns + int(deadline_s * 1e9)
    if fault != "stop" and confessions():
        since_ns = confessions()[0].at_ns
    left: list[str] = []
    try:
        before.assert_nothing_new()
    except AssertionError as error:
        left = str(error).splitlines()[1:]
    ms = (now_ns - since_ns) / 1e6
    return Outcome(
        recipe, start_method, fault, moment, was_detected, blamed_right, ms, report, left
    )


def faults_of(recipe: str) -> tuple[str, ...]:
    return (*FAULTS, SERVER_FAULT, *own_faults(recipe)) if starts_helpers(recipe) else FAULTS


def moments_of(recipe: str, fault: str) -> list[str]:
    """All of them; what is the recipe's own takes a player that holds the token."""
    is_own = fault in own_faults(recipe)
    return [moment for moment, fields in MOMENTS.items() if not is_own or "token" in fields]


def groups_of(recipe: str, start_method: str, every: int = 1) -> Iterator[list[Outcome]]:
    """All faults that are tried with a recipe, or every N-th of them; a list for each kind."""
    for fault in faults_of(recipe):
        moments = moments_of(recipe, fault)[::every]
        yield [inject(recipe, start_method, fault, moment) for moment in moments]
    for case in cases_of(recipe):
        yield [break_off(recipe, start_method, case, word) for word in MIDWAY[case]]
    yield [strike(recipe, start_method, seed) for seed in range(0, BLOWS_TRIED, every)]


class Totals(NamedTuple):
    """What came of many faults of one kind."""

    tried: int
    detected: int
    blamed_right: int
    median_ms: float
    worst_ms: float
    left_over: int

    @classmethod
    def of(cls, outcomes: list[Outcome]) -> Totals:
        times = [outcome.ms for outcome in outcomes]
        return cls(
            tried=len(outcomes),
            detected=sum(outcome.was_detected for outcome in outcomes),
            blamed_right=sum(outcome.blamed_right for outcome in outcomes),
            median_ms=round(statistics.median(times), 2),
            worst_ms=round(max(times), 2),
            left_over=sum(len(outcome.left) for outcome in outcomes),
        )


def table(outcomes: Iterable[Outcome]) -> str:
    """The totals of every recipe, start method, and fault; a line each."""
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.recipe, outcome.start_method, outcome.fault].append(outcome)
        groups["all", "", ""].append(outcome)
    groups["all", "", ""] = groups.pop(("all", "", ""))
    head = (
        f"{'':36}{'tried':>7}{'found':>7}{'blamed':>7}{'median ms':>11}{'worst ms':>10}{'left':>6}"
    )
    lines = [head]
    for (recipe, start_method, fault), group in groups.items():
        tried, detected, blamed_right, median_ms, worst_ms, left = Totals.of(group)
        lines.append(
            f"{recipe:11}{start_method:12}{fault:13}{tried:7}{detected:7}{blamed_right:7}"
            f"{median_ms:11.1f}{worst_ms:10.1f}{left:6}"
        )
    return "\n".join(lines)


Survivors = dict[tuple[str, str], dict[str, dict[str, str]]]


def as_json(outcomes: list[Outcome], seen: Survivors, patience_s: float) -> dict[str, Any]:
    """The fault table: what happens without supervision, and what is reported with it."""
    recipes: dict[str, Any] = defaultdict(dict)
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.recipe, outcome.start_method, outcome.fault].append(outcome)
    for (recipe, start_method, fault), group in groups.items():
        if start_method not in recipes[recipe]:
            recipes[recipe][start_method] = {
                "survivors": seen[recipe, start_method],
                "faults": {},
            }
        middle = group[len(group) // 2]
        recipes[recipe][start_method]["faults"][fault] = {
            **Totals.of(group)._asdict(),
            "report": re.sub(r"pid \d+", "pid N", middle.report),
        }
    return {
        "schema": 2,
        "date": datetime.date.today().isoformat(),
        "machine": describe_machine(),
        "python": describe_python(),
        "tokens": TOKENS,
        "patience_s": patience_s,
        "recipes": recipes,
    }


def record(path: Path = DATA / "faults.json", every: int = EVERY) -> None:
    """Play them with every recipe, and write the totals.

    :raises SystemExit: one was not reported, or not rightly.
    """
    outcomes: list[Outcome] = []
    seen: Survivors = {}
    with private_temporary_folder():
        start_lasting_helpers()
        for recipe in MODULES:
            for start_method in multiprocessing.get_all_start_methods():
                seen[recipe, start_method] = survivors(recipe, start_method, PATIENCE_S)
                for group in groups_of(recipe, start_method, every):
                    print(table(group).splitlines()[1], flush=True)
                    outcomes += group
        text = json.dumps(as_json(outcomes, seen, PATIENCE_S), indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    print(table(outcomes))
    if wrong := [outcome for outcome in outcomes if not outcome.is_perfect]:
        raise SystemExit("\n".join(map(str, wrong)))
