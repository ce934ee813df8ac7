"""The CPU time of the processes that a transport starts for itself, a manager's server say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from ipc_cookbook.crew.helpers import context_for_helpers
from ipc_cookbook.transport import End, Transport


class CpuMeter:
    """A transport around another one, whose helpers say at their end how much CPU time they used.

    ``helpers_cpu_s`` is the sum in seconds after the game, None if a helper said nothing.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.helpers_cpu_s: float | None = 0.0

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        receiver, sender = context.Pipe(duplex=False)
        helpers: list[BaseProcess] = []
        how = partial(run_metered, sender), helpers.append
        metered = context_for_helpers(context, lambda: how)
        with receiver:
            with sender, self.transport.open_pair(metered, max_payload) as ends:
                yield ends
            reports = list(received(receiver))
        self.helpers_cpu_s = sum(reports) if len(reports) == len(helpers) else None


def run_metered(
    sender: Connection,
    target: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """Run a helper's target and send the CPU time that it took, in seconds."""
    before_s = time.process_time()
    try:
        target(*args, **kwargs)
    finally:
        sender.send(time.process_time() - before_s)


def received(receiver: Connection) -> Iterator[float]:
    """All that has arrived."""
    while receiver.poll():
        try:
            yield receiver.recv()
        except EOFError:
            return
