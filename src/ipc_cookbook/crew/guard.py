"""What every process of a game does first, so that none of them outlives the caller."""

from __future__ import annotations

import _thread
import math
import os
import signal
import sys
import time
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.signal_mask import give_back_endings, signals_blocked

PR_SET_PDEATHSIG = 1
PAST_DEADLINE = 124
LONGEST_WAIT_S = 3600.0  # the system takes no more than 24 days at once


def guard(board: Board, deadline: float = math.inf) -> None:
    """Leave Ctrl-C to the caller, and end this process when the caller's process ends.

    :param deadline: end it then, too; on the :func:`time.monotonic` clock, in seconds.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_back_endings()
    let_go_of_fork_server()
    if sys.platform == "linux":
        with suppress(ImportError):  # some have a Python without ctypes
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if has_lost_caller():  # before, and what follows may become another program
                os._exit(1)
    with signals_blocked({*map(int, signal.valid_signals())}):  # the main thread gets them
        # Not threading.Thread: its start() waits for ever for a thread that found no memory.
        _thread.start_new_thread(_end_with_caller, (board, deadline))


def has_lost_caller() -> bool:
    caller = parent_process()
    assert caller is not None
    return bool(wait([caller.sentinel], 0))


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
