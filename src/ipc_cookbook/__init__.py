"""One exercise, every mechanism: inter-process communication that is proven and measured.

The names below are imported when they are first used. So a command line that is interrupted
while it loads is already the program's to answer for, and a player's process loads no more
than it needs.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipc_cookbook.game import run_pingpong
    from ipc_cookbook.hosts.remote import play_remote
    from ipc_cookbook.result import Peer, PingPongResult, Turn
    from ipc_cookbook.transport import (
        ConnectionFailed,
        End,
        Endpoint,
        Message,
        OutputClosed,
        PeerLost,
        PingPongError,
        PingPongTimeout,
        PlayerDied,
        SidesDisagree,
        Transport,
        TransportUnavailable,
        UnknownTransport,
    )

__version__ = "0.1.0"

__all__ = [
    "ConnectionFailed",
    "End",
    "Endpoint",
    "Message",
    "OutputClosed",
    "Peer",
    "PeerLost",
    "PingPongError",
    "PingPongResult",
    "PingPongTimeout",
    "PlayerDied",
    "SidesDisagree",
    "Transport",
    "TransportUnavailable",
    "Turn",
    "UnknownTransport",
    "play_remote",
    "run_pingpong",
]

_HOMES = {
    "run_pingpong": "game",
    "play_remote": "hosts.remote",
    "PingPongResult": "result",
    "Peer": "result",
    "Turn": "result",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f"ipc_cookbook.{_HOMES.get(name, 'transport')}")
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
