"""One exercise, every mechanism: inter-process communication that is proven and measured."""

from ipc_cookbook.game import run_pingpong
from ipc_cookbook.result import PingPongResult, Turn
from ipc_cookbook.transport import (
    End,
    Endpoint,
    Message,
    OutputClosed,
    PingPongError,
    PingPongTimeout,
    PlayerDied,
    Transport,
    TransportUnavailable,
    UnknownTransport,
)

__version__ = "0.1.0"

__all__ = [
    "End",
    "Endpoint",
    "Message",
    "OutputClosed",
    "PingPongError",
    "PingPongResult",
    "PingPongTimeout",
    "PlayerDied",
    "Transport",
    "TransportUnavailable",
    "Turn",
    "UnknownTransport",
    "run_pingpong",
]
