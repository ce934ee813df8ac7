"""What surrounds a role in its player's process: the board, the guard, and the report."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.heap import Arena
from typing import Any, NamedTuple

from ipc_cookbook.report import Failure, Records, send_report
from ipc_cookbook.transport import End, Endpoint

Role = Callable[[Endpoint, "Desk"], tuple[Any, Records]]
"""What a player does with its endpoint. Returns a picklable summary and its records."""

PR_SET_PDEATHSIG = 1
PAST_DEADLINE = 124
LONGEST_WAIT_S = 3600.0  # the system takes no more than 24 days at once


class Desk(NamedTuple):
    """What a role finds in its process besides the endpoint.

    ``counters[number]`` is for the words it has said; the payload is the one to send.
    """

    number: int
    counters: memoryview[int]
    payload: memoryview


class Board:
    """Memory that the caller and the players share: four counters, then the payload.

    Counters 0 and 1 are the words said by Ping and by Pong, -1 until the player has begun;
    2 and 3 are the players' process ids, 0 while there is none.
    """

    COUNTERS_BYTES = 4 * 8

    def __init__(self, payload: bytes) -> None:
        size = self.COUNTERS_BYTES + len(payload)
        with ExitStack() as undo:
            if sys.platform == "linux":
                descriptor = os.memfd_create("ipc_cookbook")
                undo.callback(os.close, descriptor)
                os.ftruncate(descriptor, size)
                self._arena = Arena(size, descriptor)
            else:
                self._arena = Arena(size)
            undo.callback(self._arena.buffer.close)
            self.counters[0] = self.counters[1] = -1
            self.payload[:] = payload
            self._opened = undo.pop_all()

    @property
    def counters(self) -> memoryview[int]:
        return memoryview(self._arena.buffer)[: self.COUNTERS_BYTES].cast("q")

    @property
    def payload(self) -> memoryview:
        return memoryview(self._arena.buffer)[self.COUNTERS_BYTES :]

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._opened.close()

    def __getstate__(self) -> Arena:
        return self._arena

    def __setstate__(self, arena: Arena) -> None:
        self._arena = arena


def guard(board: Board, deadline: float = math.inf) -> None:
    """Leave Ctrl-C to the caller, and end this process when the caller's process ends.

    :param deadline: end it then, too; on the :func:`time.monotonic` clock, in seconds.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_go_of_fork_server()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_caller, args=(board, deadline), daemon=True).start()


def let_go_of_fork_server() -> None:
    """Let a fork server end with the caller, and not with the last process that it started.

    Each of them is given a copy of the pipe that keeps the server alive. A stopped one would
    keep it for ever, and so would never be killed by its parent's end.
    """
    module = sys.modules.get("multiprocessing.forkserver")
    if module is not None and module.get_inherited_fds() is not None:
        server = module._forkserver
        if server._forkserver_alive_fd is not None:
            os.close(server._forkserver_alive_fd)
            server._forkserver_alive_fd = None


def _end_with_caller(board: Board, deadline: float) -> None:
    caller = parent_process()
    assert caller is not None
    while (rest_s := deadline - time.monotonic()) > 0:
        if wait([caller.sentinel], min(rest_s, LONGEST_WAIT_S)):
            _end_the_others(board)
            os._exit(1)
    os._exit(PAST_DEADLINE)


def _end_the_others(board: Board) -> None:
    """One of them may be stopped, and could not end itself."""
    for pid in set(board.counters[2:]) - {0, os.getpid()}:
        with suppress(OSError):
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def run_helper(
    board: Board,
    deadline: float,
    target: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Run the target of a process that the transport starts for itself.

    A thread of it that fails ends the whole process, so that nobody waits for its answer.
    """
    guard(board, deadline)
    report_failure = threading.excepthook

    def report_and_end(failure: threading.ExceptHookArgs) -> None:
        report_failure(failure)
        os._exit(1)

    threading.excepthook = report_and_end
    target(*args, **kwargs)


def run_player(board: Board, number: int, role: Role, end: End, outbox: Connection) -> None:
    """Play the role and report: the main function of a player's process."""
    failed_at_ns = 0
    try:
        guard(board)
        counters = board.counters
        counters[2 + number] = os.getpid()
        counters[number] = 0
        with end if isinstance(end, AbstractContextManager) else nullcontext(end) as endpoint:
            try:
                summary, records = role(endpoint, Desk(number, counters, board.payload))
            except BaseException:
                failed_at_ns = time.perf_counter_ns()
                raise
    except SystemExit:
        raise
    except BaseException as error:
        send_report(outbox, Failure.of(error, failed_at_ns or time.perf_counter_ns()))
        os._exit(1)
    send_report(outbox, summary, records)
    counters[2 + number] = 0
