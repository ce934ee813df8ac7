"""Exit statuses, and which error stands for which."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from ipc_cookbook.errors import (
    BadInput,
    ConnectionFailed,
    PingPongError,
    PingPongTimeout,
    PlayerDied,
    TransportUnavailable,
    UnknownTransport,
)

DONE, FAILED, USAGE, MISSING, TIMED_OUT, INTERRUPTED, OUTPUT_CLOSED = 0, 1, 2, 3, 124, 130, 141


class UsageError(Exception):
    """The command line cannot be understood."""


STATUS_OF = (
    (PingPongTimeout, TIMED_OUT),
    (TransportUnavailable, MISSING),
    (UnknownTransport, USAGE),
    (PingPongError, FAILED),
    (UsageError, USAGE),
    (BadInput, USAGE),
)


def explain(error: BaseException) -> tuple[int, dict[str, Any]] | None:
    """The exit status for an error, and its description for people and for JSON.

    None for an error of ours: nobody but us can do anything about it.
    """
    if isinstance(error, MemoryError):  # there may be too little to import anything more
        return FAILED, described(error, "out of memory (see ulimit -v)")
    if isinstance(error, KeyboardInterrupt):
        return status_of(error), described(error, str(error) or "interrupted")
    found = [status for kind, status in STATUS_OF if isinstance(error, kind)]
    if found:
        return found[0], described(error, str(error))
    return explain_surroundings(error)


def explain_surroundings(error: BaseException) -> tuple[int, dict[str, Any]] | None:
    """As :func:`explain`, for what the system or this Python has no more of, or never had."""
    from ipc_cookbook.crew.resources import is_shortage, what_ran_out
    from ipc_cookbook.shadows import hidden_module

    if hidden := hidden_module(error):
        return FAILED, described(error, hidden)
    if isinstance(error, OSError) and error.filename is not None:
        return FAILED, described(error, f"{os.fsdecode(error.filename)}: {what_ran_out(error)}")
    if is_shortage(error):
        return FAILED, described(error, what_ran_out(error))
    if isinstance(error, ModuleNotFoundError) and error.name in sys.stdlib_module_names:
        return MISSING, described(error, f"this Python was built without {error.name}")
    return None


def status_of(interruption: KeyboardInterrupt) -> int:
    """128 and the number of the signal."""
    return 128 + getattr(interruption, "number", signal.SIGINT)


def described(error: BaseException, message: str) -> dict[str, Any]:
    kind = type(error)
    if isinstance(error, BadInput):
        kind = next(each for each in kind.__mro__ if each in (ValueError, TypeError))
    if isinstance(error, UsageError):
        message += "; see --help"
    described: dict[str, Any] = {"type": kind.__name__, "message": " ".join(message.split())}
    if isinstance(error, ConnectionFailed):
        described["reason"] = error.reason
    if isinstance(error, PlayerDied):
        described |= {"player": error.player, "pid": error.pid, "exitcode": error.exitcode}
    return described
