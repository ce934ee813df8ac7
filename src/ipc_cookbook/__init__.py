"""One exercise, every mechanism: inter-process communication that is proven and measured.

The names below are imported when they are first used. So a command line that is interrupted
while it loads is already the program's to answer for, and a player's process loads no more
than it needs.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipc_cookbook.errors import (
        ConnectionFailed,
        OutputClosed,
        OutputFailed,
        PeerLost,
        PingPongError,
        PingPongTimeout,
        PlayerDied,
        SidesDisagree,
        TransportUnavailable,
        UnknownTransport,
    )
    from ipc_cookbook.game.result import Peer, PingPongResult
    from ipc_cookbook.game.run import run_pingpong
    from ipc_cookbook.game.turns import Turn
    from ipc_cookbook.hosts.remote import play_remote
    from ipc_cookbook.transport import End, Endpoint, Message, Transport

__version__ = "0.1.0"

__all__ = [
    "ConnectionFailed",
    "End",
    "Endpoint",
    "Message",
    "OutputClosed",
    "OutputFailed",
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
    "run_pingpong": "game.run",
    "play_remote": "hosts.remote",
    "PingPongResult": "game.result",
    "Peer": "game.result",
    "Turn": "game.turns",
    **dict.fromkeys(("End", "Endpoint", "Message", "Transport"), "transport"),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f"ipc_cookbook.{_HOMES.get(name, 'errors')}")
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
