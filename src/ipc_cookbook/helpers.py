"""The processes that a transport starts for itself, a manager's server say."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import MappingProxyType


def running_helpers(
    context: BaseContext,
    run: Callable[[Callable[..., object], tuple[object, ...], dict[str, object]], None],
    note: Callable[[BaseProcess], object],
) -> BaseContext:
    """A copy of the context for a transport: its processes do ``run(target, args, kwargs)``.

    :param run: picklable; calls the target.
    :param note: called here with every process that the transport makes.
    """

    def new_process(
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[object] = (),
        kwargs: Mapping[str, object] = MappingProxyType({}),
        *,
        daemon: bool | None = None,
    ) -> BaseProcess:
        process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            group, run, name, (target, tuple(args), dict(kwargs)), daemon=daemon
        )
        note(process)
        return process

    copied = copy.copy(context)
    copied.Process = new_process  # type: ignore[attr-defined]
    return copied
