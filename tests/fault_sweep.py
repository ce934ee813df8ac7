"""Every fault at every token: one player of a recipe goes wrong, and what is reported of it.

    python tests/fault_sweep.py --json docs/_data/faults.json

plays all of it, prints the totals as a table, and writes them for the documentation.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import signal
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple

from faulty import FAULTS as PLAYER_FAULTS
from ipc_cookbook import PingPongTimeout, PlayerDied, run_pingpong
from ipc_cookbook.bench.machine import describe_machine, describe_python
from ipc_cookbook.catalog import MODULES, load
from ipc_cookbook.transport import End, Endpoint, Message
from leftovers import Leftovers, private_temporary_folder, start_lasting_helpers
from unsupervised import survivor_does

TOKENS = 50
FAULTS = ("kill", "abort", "_exit", "ValueError", "stop")
SERVER_FAULT = "kill server"
STOP_DEADLINE_S = 0.6


class Confession(NamedTuple):
    """Which process went wrong, and when (ns of :func:`time.perf_counter_ns`)."""

    pid: int
    at_ns: int


class FatefulEnd:
    """An end that goes wrong when it hands on a certain token; shared by both players."""

    def __init__(
        self, inner: End, token: int, fault: str, server: int, confessions: Connection
    ) -> None:
        self.inner = inner
        self.token = token
        self.fault = fault
        self.server = server
        self.confessions = confessions

    def __enter__(self) -> FatefulEnd:
        inner = self.inner
        self.endpoint: Endpoint = (
            inner.__enter__() if isinstance(inner, AbstractContextManager) else inner
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        if isinstance(self.inner, AbstractContextManager):
            self.inner.__exit__(*exc_info)  # type: ignore[arg-type]

    def send(self, message: Message) -> None:
        if message[0] == self.token + 1:
            self.go_wrong()
        self.endpoint.send(message)

    def recv(self) -> Message:
        return self.endpoint.recv()

    def go_wrong(self) -> None:
        culprit = self.server if self.fault == SERVER_FAULT else os.getpid()
        self.confessions.send(Confession(culprit, time.perf_counter_ns()))
        if self.fault == SERVER_FAULT:
            os.kill(self.server, signal.SIGKILL)
        else:
            PLAYER_FAULTS[self.fault]()


class FatefulTransport:
    """A recipe in which whoever holds a certain token goes wrong.

    :ivar confessions: who did, once the game is over.
    """

    def __init__(self, recipe: str, token: int, fault: str) -> None:
        self.recipe = recipe
        self.token = token
        self.fault = fault
        self.confessions: list[Confession] = []

    @contextmanager
    def open_pair(self, context: BaseContext, payload_size: int) -> Iterator[tuple[End, End]]:
        receiver, sender = context.Pipe(duplex=False)
        with receiver, sender, load(self.recipe).open_pair(context, payload_size) as ends:
            children = multiprocessing.active_children()
            server = next((c.pid for c in children if c.name.startswith("CellManager")), 0)
            first, second = (
                FatefulEnd(end, self.token, self.fault, server or 0, sender) for end in ends
            )
            try:
                yield first, second
            finally:
                while receiver.poll():
                    self.confessions.append(receiver.recv())


class Outcome(NamedTuple):
    """What came of one fault."""

    recipe: str
    start_method: str
    fault: str
    token: int
    was_detected: bool
    blamed_right: bool
    ms: float
    """From the fault to the error; for a stopped player, from the deadline."""
    left: list[str]


def inject(recipe: str, start_method: str, fault: str, token: int) -> Outcome:
    """Let a player of one game go wrong."""
    before = Leftovers.now()
    transport = FatefulTransport(recipe, token, fault)
    timeout = STOP_DEADLINE_S if fault == "stop" else 30.0
    called_at_ns = time.perf_counter_ns()
    was_detected = blamed_right = False
    try:
        run_pingpong(transport, start_method=start_method, timeout=timeout)
    except PlayerDied as error:
        was_detected = fault != "stop"
        blamed_right = error.pid in [confession.pid for confession in transport.confessions]
    except PingPongTimeout as error:
        was_detected = fault == "stop"
        blamed_right = "Ping had said" in str(error) and "Pong had said" in str(error)
    now_ns = time.perf_counter_ns()
    since_ns = called_at_ns + STOP_DEADLINE_S * 1e9
    if fault != "stop" and transport.confessions:
        since_ns = transport.confessions[0].at_ns
    left: list[str] = []
    try:
        before.assert_nothing_new()
    except AssertionError as error:
        left = str(error).splitlines()[1:]
    ms = (now_ns - since_ns) / 1e6
    return Outcome(recipe, start_method, fault, token, was_detected, blamed_right, ms, left)


def faults_of(recipe: str) -> tuple[str, ...]:
    return (*FAULTS, SERVER_FAULT) if recipe == "manager" else FAULTS


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


def as_json(outcomes: list[Outcome], patience_s: float) -> dict[str, Any]:
    """The fault table: what happens without supervision, and what is reported with it."""
    recipes: dict[str, Any] = defaultdict(dict)
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.recipe, outcome.start_method, outcome.fault].append(outcome)
    for (recipe, start_method, fault), group in groups.items():
        if start_method not in recipes[recipe]:
            recipes[recipe][start_method] = {
                "survivor_does": survivor_does(recipe, start_method, TOKENS // 2, patience_s),
                "faults": {},
            }
        recipes[recipe][start_method]["faults"][fault] = Totals.of(group)._asdict()
    return {
        "schema": 1,
        "date": datetime.date.today().isoformat(),
        "machine": describe_machine(),
        "python": describe_python(),
        "tokens": TOKENS,
        "patience_s": patience_s,
        "recipes": recipes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recipes", nargs="*", default=list(MODULES), help="all unless named")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th token")
    parser.add_argument("--json", metavar="FILE", help="write the totals there")
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    tokens = range(0, TOKENS, options.every)
    with private_temporary_folder():
        start_lasting_helpers()
        for recipe in options.recipes:
            for start_method in multiprocessing.get_all_start_methods():
                for fault in faults_of(recipe):
                    group = [inject(recipe, start_method, fault, token) for token in tokens]
                    print(table(group).splitlines()[1], flush=True)
                    outcomes += group
        if options.json:
            text = json.dumps(as_json(outcomes, patience_s=2.0), indent=1)
            Path(options.json).write_text(text + "\n", encoding="utf-8")
    print(table(outcomes))
    perfect = all(o.was_detected and o.blamed_right and not o.left for o in outcomes)
    raise SystemExit(0 if perfect else 1)


if __name__ == "__main__":
    main()
