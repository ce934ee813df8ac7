"""What it costs to wait, and how long a round trip takes on these CPUs: of any recipe."""

from __future__ import annotations

import multiprocessing
import operator
import os
import struct
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ipc_cookbook import catalog, run_pingpong
from processes import child

WAIT_S = 0.5
TIMES = struct.Struct("=ddd")

needs_two_cpus = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two CPUs, and to know of it",
)


def opened(end: Any) -> AbstractContextManager[Any]:
    """What the game does with an end."""
    return end if hasattr(end, "__enter__") else nullcontext(end)


class Waiting(NamedTuple):
    """What it takes to wait for an answer that takes long, as shares of the time that it took.

    :ivar used: of one CPU.
    :ivar wanted: that, and how long it stood in line for a CPU, where the system tells.
    """

    used: float
    wanted: float


def in_line_s() -> float:
    """How long this process could have run, and had no CPU."""
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def wait_for_the_answer(end: Any) -> None:
    """Say how much time it took, how much of a CPU, and how much standing in line for one."""
    with opened(end) as endpoint:
        token, _ = endpoint.recv()
        endpoint.send((token + 1, b""))
        before_s = time.monotonic(), time.process_time(), in_line_s()
        token, _ = endpoint.recv()
        after_s = time.monotonic(), time.process_time(), in_line_s()
        endpoint.send((token + 1, TIMES.pack(*map(operator.sub, after_s, before_s))))


def waiting(name: str) -> Waiting:
    """Let a process wait for an answer that takes long."""
    context = multiprocessing.get_context()
    with (
        catalog.load(name).open_pair(context, TIMES.size) as (ours, theirs),
        child(context, wait_for_the_answer, theirs),
        opened(ours) as endpoint,
    ):
        endpoint.send((1, b""))
        token, _ = endpoint.recv()
        time.sleep(WAIT_S)  # that is how long the answer takes
        endpoint.send((token + 1, b""))
        took_s, used_s, stood_s = TIMES.unpack(endpoint.recv()[1])
    assert took_s > WAIT_S / 2
    return Waiting(used_s / took_s, (used_s + stood_s) / took_s)


class PinnedEnd:
    """An end that puts its player on one CPU."""

    def __init__(self, end: Any, cpu: int) -> None:
        self.end, self.cpu = end, cpu

    def __enter__(self) -> Any:
        os.sched_setaffinity(0, {self.cpu})
        self.opened = opened(self.end)
        return self.opened.__enter__()

    def __exit__(self, *exc_info: Any) -> None:
        self.opened.__exit__(*exc_info)


class Pinned:
    """A recipe whose players stay on these two CPUs."""

    def __init__(self, name: str, *cpus: int) -> None:
        self.recipe, self.cpus = catalog.load(name), cpus

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[PinnedEnd, PinnedEnd]]:
        with self.recipe.open_pair(context, max_payload) as ends:
            first, second = map(PinnedEnd, ends, self.cpus)
            yield first, second


def round_trip_s(name: str, *, cpus: int, tokens: int = 4000) -> float:
    """The shortest one, with the players on one CPU or on two; the longer ones tell of others."""
    first, second = sorted(os.sched_getaffinity(0))[:2]
    transport = Pinned(name, first, second if cpus == 2 else first)
    times = run_pingpong(transport, tokens=tokens).round_trip_s
    assert times is not None
    return times["min"]
