"""Exit statuses, and which error stands for which."""

from __future__ import annotations

import os
import signal
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
from ipc_cookbook.surroundings import blame, is_lack_of_memory

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
    if isinstance(error, KeyboardInterrupt):
        return status_of(error), described(error, str(error) or "interrupted")
    found = [status for kind, status in STATUS_OF if isinstance(error, kind)]
    if found:
        return found[0], described(error, str(error))
    blamed = what_the_system_lacks(error) or blame(error)
    return blamed and (blamed[0], described(error, blamed[1]))


def what_the_system_lacks(error: BaseException) -> tuple[int, str] | None:
    """The status and the message for an error of the system's that says what it is about."""
    if is_lack_of_memory(error):  # there may be too little to import what is needed here
        return None
    from ipc_cookbook.crew.resources import is_shortage, what_ran_out

    if isinstance(error, OSError) and error.filename is not None:
        return FAILED, f"{os.fsdecode(error.filename)}: {what_ran_out(error)}"
    return (FAILED, what_ran_out(error)) if is_shortage(error) else None


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
    if isinstance(error, PingPongTimeout) and (notes := getattr(error, "__notes__", ())):
        described["hang"] = " ".join(notes)
    return described
