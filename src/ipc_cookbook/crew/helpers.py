"""Helpers: the processes that a transport starts for itself, a manager's server say."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import MappingProxyType
from typing import Any

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import guard


def context_for_helpers(
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


def run_helper(
    board: Board,
    deadline: float,
    target: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Run a helper's target: the main function of its process.

    A thread of it that fails ends the whole process, so that nobody waits for its answer.
    """
    guard(board, deadline)
    report_failure = threading.excepthook

    def report_and_end(failure: threading.ExceptHookArgs) -> None:
        report_failure(failure)
        os._exit(1)

    threading.excepthook = report_and_end
    target(*args, **kwargs)
