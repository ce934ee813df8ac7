"""One player here, the other one on another host."""

from __future__ import annotations

import functools
import os
import time
from importlib.util import find_spec
from types import ModuleType

from ipc_cookbook import catalog
from ipc_cookbook.game.arguments import check_game
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.hosts import address as addresses
from ipc_cookbook.hosts import keys as all_keys
from ipc_cookbook.hosts.hello import LARGEST_PAYLOAD
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.hosts.side import Side, module_between, play_side


def play_remote(
    transport: str | ModuleType,
    *,
    listen: str | None = None,
    connect: str | None = None,
    keys: str | os.PathLike[str] | None = None,
    tokens: int = 50,
    payload: bytes = b"",
    delay: float = 0.0,
    start_method: str | None = None,
    timeout: float | None = 60.0,
    echo: bool = False,
    tell: Tell | None = None,
) -> PingPongResult:
    """Play one side of a game whose other side is on another host.

    The side that connects is Ping and serves; the side that listens is Pong. It does not
    matter which one is started first.

    :param transport: a recipe that plays between hosts, by its name or its module.
    :param listen: ``"HOST:PORT"`` to be called at; port 0 takes a free one.
    :param connect: ``"HOST:PORT"`` to call. Either this or ``listen``.
    :param keys: this side's folder of those that ``python -m ipc_cookbook keys`` made. Without
        it, nothing but a loopback address is allowed, and nothing is encrypted.
    :param tokens: how many words both sides say in all. Both must be told the same.
    :param payload: bytes that travel with every token, there and back: those of Ping. Pong's
        must be as many.
    :param delay: seconds the player sleeps after its word.
    :param start_method: as for :func:`run_pingpong`.
    :param timeout: seconds the whole game may take, the wait for the other side included; None
        for no limit.
    :param echo: print each word said here to standard output the moment it is said.
    :param tell: called in the player's process with a line of text that is worth knowing: what
        address is listened on, what is waited for, who was turned away.
    :returns: the result, with this side alone in it and :attr:`PingPongResult.peer` set.
    :raises ConnectionFailed: the sides did not meet; its ``reason`` says why.
    :raises SidesDisagree: the other side was told to play another game.
    :raises PeerLost: the other side ended or vanished in mid-game.
    :raises PlayerDied: the player's process here ended too early.
    :raises PingPongTimeout: the game was not over in time.
    :raises PingPongError: the game could not be started.
    :raises ValueError: an argument is out of range, or the keys are not fit for use.
    :raises TypeError: an argument is of the wrong type.
    """
    called_at_ns = time.perf_counter_ns()
    name = name_of(transport)
    catalog.load(name)
    game = check_game(tokens, payload, delay, timeout, start_method)
    if len(game.payload) > LARGEST_PAYLOAD:
        raise ValueError(
            f"payload must have at most 64 MiB between hosts, not {len(game.payload)} bytes"
        )
    side = Side(
        name,
        *where(listen, connect, keys),
        tokens=game.tokens,
        payload_size=len(game.payload),
        tell=tell,
    )
    part = functools.partial(play_side, player=side.player, delay=game.delay, echo=bool(echo))
    played = side.play(part, game.context, payload=game.payload, timeout=game.timeout)
    return played.as_result(name, called_at_ns)


def name_of(transport: object) -> str:
    """The name of a recipe that reaches other hosts."""
    if isinstance(transport, ModuleType):
        transport = catalog.name_of(transport)
    if not isinstance(transport, str):
        raise TypeError(f"transport must be a recipe's name or module, not {transport!r}")
    catalog.check_name(transport)
    if transport not in reaching_hosts():
        raise ValueError(
            f"transport must be {' or '.join(reaching_hosts())} between hosts, not {transport}"
        )
    return transport


def reaching_hosts() -> list[str]:
    """The recipes that have a module in :mod:`ipc_cookbook.hosts.between`."""
    return [name for name in catalog.names() if find_spec(module_between(name))]


Place = tuple[bool, addresses.Address, all_keys.Keys | None]


def where(listen: str | None, connect: str | None, keys: str | os.PathLike[str] | None) -> Place:
    """Whether this side listens, the address, and its keys, all of it checked.

    :raises ValueError: one of them does not do.
    :raises ConnectionFailed: nobody knows the host's name, or the keys are out of date.
    """
    if (listen is None) == (connect is None):
        raise ValueError("either listen or connect must be given, and not both")
    argument = "connect" if listen is None else "listen"
    address = addresses.parse(argument, connect if listen is None else listen)
    if connect is not None and address.port == 0:
        raise ValueError(f"connect must end in a port from 1 to 65535, not {connect!r}")
    if keys is None:
        return listen is not None, addresses.on_this_machine(argument, address), None
    checked = all_keys.check(keys, PLAYERS[int(listen is not None)])
    return listen is not None, address, checked
