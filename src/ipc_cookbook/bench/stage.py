"""Where the processes of a launch run, and what they use of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from ipc_cookbook.bench.places import Place, pinned
from ipc_cookbook.crew.helpers import context_for_helpers
from ipc_cookbook.transport import End, Endpoint, Transport

Cpus = tuple[int, ...] | None


class Usage(NamedTuple):
    """What processes have used, or each round trip of theirs.

    :ivar cpu_s: CPU time in seconds.
    :ivar voluntary: how often a thread gave its CPU away, to wait; NaN where nobody counts.
    :ivar involuntary: how often one was taken from its CPU.
    """

    cpu_s: float
    voluntary: float
    involuntary: float

    @classmethod
    def so_far(cls) -> Usage:
        """Of this process, all its threads."""
        try:
            import resource
        except ModuleNotFoundError:  # Windows
            return cls(time.process_time(), float("nan"), float("nan"))
        used = resource.getrusage(resource.RUSAGE_SELF)
        return cls(used.ru_utime + used.ru_stime, used.ru_nvcsw, used.ru_nivcsw)

    def since(self, before: Usage) -> Usage:
        return Usage(*(now - then for now, then in zip(self, before, strict=True)))

    def per(self, round_trips: float) -> Usage:
        return Usage(*(used / round_trips for used in self))


class Stage:
    """A transport around another one: it puts all processes in their place, and asks each at
    its end what it has used.

    ``usage`` is the sum after the game; None if one said nothing, as one that became another
    program does.
    """

    def __init__(self, transport: Transport, place: Place) -> None:
        self.transport = transport
        self.cpus = place.cpus
        self.usage: Usage | None = None

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        receiver, sender = context.Pipe(duplex=False)
        helpers: list[BaseProcess] = []
        how = partial(run_staged, sender, self.cpus), helpers.append
        staged = context_for_helpers(context, lambda: how)
        first, second = ((cpu,) for cpu in self.cpus) if self.cpus else (None, None)
        with receiver:
            with sender, self.transport.open_pair(staged, max_payload) as (ping, pong):
                yield StagedEnd(ping, first, sender), StagedEnd(pong, second, sender)
            reports = list(received(receiver))
        if len(reports) == 2 + len(helpers):
            self.usage = Usage(*map(sum, zip(*reports, strict=True)))


class StagedEnd:
    """A player's end, to be entered on its CPUs, so that all threads of it are there as well."""

    def __init__(self, end: End, cpus: Cpus, sender: Connection) -> None:
        self.end, self.cpus, self.sender = end, cpus, sender

    def __enter__(self) -> Endpoint:
        with ExitStack() as stack:
            stack.enter_context(pinned(self.cpus))
            end = self.end
            if not isinstance(end, AbstractContextManager):
                end = nullcontext(end)
            endpoint: Endpoint = stack.enter_context(end)
            self.before = Usage.so_far()
            self.stack = stack.pop_all()
        return endpoint

    def __exit__(self, *exc_info: Any) -> None:
        used = Usage.so_far().since(self.before)
        with self.stack:
            self.sender.send(used)


def run_staged(
    sender: Connection,
    cpus: Cpus,
    target: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """Run a helper's target on these CPUs, and send what it has used."""
    before = Usage.so_far()
    try:
        with pinned(cpus):
            target(*args, **kwargs)
    finally:
        sender.send(Usage.so_far().since(before))


def received(receiver: Connection) -> Iterator[Usage]:
    """All that has arrived."""
    with suppress(EOFError):
        while receiver.poll():
            yield receiver.recv()
