"""Helpers: the processes that a transport starts for itself, a manager's server say."""

from __future__ import annotations

import copy
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import MappingProxyType
from typing import Any

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import guard
from ipc_cookbook.crew.report import Failure, send_report
from ipc_cookbook.crew.resources import is_shortage

Run = Callable[[Callable[..., object], tuple[object, ...], dict[str, object]], None]
"""Calls a target with its arguments, in a new process. Picklable."""

Note = Callable[[BaseProcess], object]
"""Is told of a process before it starts."""


def context_for_helpers(context: BaseContext, new_helper: Callable[[], tuple[Run, Note]]) -> Any:
    """A copy of the context for a transport, with processes that are looked after.

    :param new_helper: called for every process that the transport makes: how that is to run its
        target, and who is to be told.
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
        run, note = new_helper()
        process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            group, run, name, (target, tuple(args), dict(kwargs)), daemon=daemon
        )
        note(process)
        return process

    copied: Any = copy.copy(context)
    copied.Process = new_process
    return copied


def run_helper(
    board: Board,
    deadline: float,
    outbox: Connection,
    target: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Run a helper's target: the main function of its process.

    What it or a thread of it raises is reported, and ends the whole process, so that nobody waits
    for its answer.
    """

    def report_and_end(error: BaseException) -> None:
        send_report(outbox, Failure.of(error, time.perf_counter_ns()).shortened())
        os._exit(1)

    threading.excepthook = lambda failure: report_and_end(failure.exc_value or SystemExit())
    try:
        guard(board, deadline)
        target(*args, **kwargs)
    except SystemExit as end:
        hidden = end.__context__  # a manager's server exits in order even where it could not begin
        if hidden is None or not is_shortage(hidden):
            raise
        report_and_end(hidden)
    except BaseException as error:
        report_and_end(error)
