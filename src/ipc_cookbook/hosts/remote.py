"""One player here, the other one on another host."""

from __future__ import annotations

import functools
import math
import os
import time
from multiprocessing.reduction import ForkingPickler
from types import ModuleType

from ipc_cookbook import catalog
from ipc_cookbook.crew.supervisor import one_start_at_a_time, supervise
from ipc_cookbook.errors import BadType, BadValue, PingPongError, PingPongTimeout, PlayerDied
from ipc_cookbook.game.arguments import check_game
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.game.turns import Account
from ipc_cookbook.hosts import address as addresses
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.hello import PROTOCOL, Hello
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.hosts.side import Meeting, Side, play_side

LARGEST_PAYLOAD = 64 * 1024**2


def play_remote(
    transport: str | ModuleType,
    *,
    keys: str | os.PathLike[str],
    listen: str | None = None,
    connect: str | None = None,
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
    :param keys: the file with this side's keys, of those that ``python -m ipc_cookbook keys``
        made.
    :param listen: ``"HOST:PORT"`` to be called at; port 0 takes a free one.
    :param connect: ``"HOST:PORT"`` to call. Either this or ``listen``.
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
    :raises PeerLost: the other side ended, vanished, or left the game's rules, in mid-game.
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
        raise BadValue(
            f"payload must have at most 64 MiB between hosts, not {len(game.payload)} bytes"
        )
    check_tell(tell, game.context.get_start_method())
    address = where(listen, connect)
    player = PLAYERS[int(listen is not None)]
    with one_start_at_a_time(math.inf):  # OpenSSL may hold a lock that a fork would copy
        from ipc_cookbook.hosts.keys import check

        path = check(keys, player)
    hello = Hello(PROTOCOL, game.tokens, len(game.payload))
    side = Side(Meeting(name, address, path, player, hello, tell, set()))
    part = functools.partial(
        play_side, player=player, tokens=game.tokens, delay=game.delay, echo=bool(echo)
    )
    try:
        (report,) = supervise(
            side, game.context, {player: part}, payload=game.payload, timeout=game.timeout
        )
    except PlayerDied as died:
        if isinstance(died.__cause__, PingPongError):
            raise died.__cause__ from None
        raise
    except PingPongTimeout as late:
        if side.news:
            raise PingPongTimeout(f"not over after {game.timeout:g} s: {side.news}") from late
        raise
    account, peer = report.summary
    return PingPongResult(
        transport=name,
        start_method=game.context.get_start_method(),
        expected=game.tokens,
        elapsed_s=(time.perf_counter_ns() - called_at_ns) / 1e9,
        accounts=[Account(*account, *report.records)],
        caller_pid=os.getpid(),
        called_at_ns=called_at_ns,
        peer=peer,
    )


def name_of(transport: object) -> str:
    """The name of a recipe that plays between hosts."""
    if isinstance(transport, ModuleType):
        transport = catalog.name_of(transport)
    if not isinstance(transport, str):
        raise BadType(f"transport must be a recipe's name or module, not {transport!r}")
    catalog.check_name(transport)
    if transport not in (known := reaching_hosts()):
        raise BadValue(f"transport must be {' or '.join(known)} between hosts, not {transport}")
    return transport


def reaching_hosts() -> list[str]:
    """The recipes whose ends are a class ``TlsEnd``."""
    return [
        name
        for name in catalog.names()
        if (code := catalog.code_of(name)) and "TlsEnd" in code.co_names
    ]


def check_tell(tell: object, start_method: str) -> None:
    """See that it can be called, in the player's process."""
    if tell is not None and not callable(tell):
        raise BadType(f"tell must be called with a line of text, and {tell!r} cannot be called")
    if start_method != "fork":
        try:
            ForkingPickler.dumps(tell)
        except Exception as error:
            raise BadType(
                f"tell must be picklable under {start_method}, and {tell!r} is not: {error}"
            ) from None


def where(listen: str | None, connect: str | None) -> Address:
    """The address to listen on, or to call."""
    if (listen is None) == (connect is None):
        raise BadValue("either listen or connect must be given, and not both")
    if listen is not None:
        return addresses.parse("listen", listen)
    address = addresses.parse("connect", connect)
    if address.port == 0:
        raise BadValue(f"connect must end in a port from 1 to 65535, not {connect!r}")
    return address
