"""The CPU time of the processes that a transport starts for itself, a manager's server say."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import MappingProxyType

from ipc_cookbook.transport import End, Transport


class Metered:
    """A transport whose helpers say at their end how much CPU time they used.

    ``helpers_cpu_s`` is the sum in seconds after the game, None if a helper said nothing.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.helpers_cpu_s: float | None = 0.0

    @contextmanager
    def open_pair(self, context: BaseContext, payload_size: int) -> Iterator[tuple[End, End]]:
        receiver, sender = context.Pipe(duplex=False)
        original: Callable[..., BaseProcess] = context.Process  # type: ignore[attr-defined]
        helpers = 0

        def new_process(
            group: None = None,
            target: Callable[..., object] | None = None,
            name: str | None = None,
            args: Iterable[object] = (),
            kwargs: Mapping[str, object] = MappingProxyType({}),
            *,
            daemon: bool | None = None,
        ) -> BaseProcess:
            nonlocal helpers
            helpers += 1
            metered = (sender, target, tuple(args), dict(kwargs))
            return original(group, run_metered, name, metered, daemon=daemon)

        context = copy.copy(context)
        context.Process = new_process  # type: ignore[attr-defined]
        with receiver:
            with sender, self.transport.open_pair(context, payload_size) as ends:
                yield ends
            reports = list(received(receiver))
        self.helpers_cpu_s = sum(reports) if len(reports) == helpers else None


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
