"""Exit statuses, and which error stands for which."""

from __future__ import annotations

from typing import Any

from ipc_cookbook.errors import (
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
    (KeyboardInterrupt, INTERRUPTED),
    (PingPongTimeout, TIMED_OUT),
    (TransportUnavailable, MISSING),
    (UnknownTransport, USAGE),
    (PingPongError, FAILED),
    (Exception, USAGE),
)


def explain(error: BaseException) -> tuple[int, dict[str, Any]]:
    """The exit status for an error, and its description for people and for JSON."""
    status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    message = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    if isinstance(error, UsageError):
        message += "; see --help"
    described: dict[str, Any] = {"type": type(error).__name__, "message": " ".join(message.split())}
    if isinstance(error, ConnectionFailed):
        described["reason"] = error.reason
    if isinstance(error, PlayerDied):
        described |= {"player": error.player, "pid": error.pid, "exitcode": error.exitcode}
    return status, described
