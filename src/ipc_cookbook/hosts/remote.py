"""One player here, the other one on another host."""

from __future__ import annotations

import functools
import math
import os
import time
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.crew.supervisor import one_start_at_a_time, supervise
from ipc_cookbook.errors import BadType, BadValue, PingPongError, PingPongTimeout, PlayerDied
from ipc_cookbook.game.arguments import check_game
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.game.turns import Account
from ipc_cookbook.hosts import address as addresses
from ipc_cookbook.hosts import server as servers
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.hello import PROTOCOL, Hello
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.hosts.served import ServedMeeting
from ipc_cookbook.hosts.side import Encounter, Meeting, Notice, Side, play_side

LARGEST_PAYLOAD = 64 * 1024**2
TLS_END, SERVER_END = "TlsEnd", "ServerEnd"


def play_remote(
    transport: str | ModuleType,
    *,
    keys: str | os.PathLike[str] | None = None,
    listen: str | None = None,
    connect: str | None = None,
    server: str | None = None,
    player: str | None = None,
    game: str | None = None,
    password: str | None = None,
    tokens: int = 50,
    payload: bytes = b"",
    delay: float = 0.0,
    start_method: str | None = None,
    timeout: float | None = 60.0,
    echo: bool = False,
    tell: Tell | None = None,
) -> PingPongResult:
    """Play one side of a game whose other side is on another host.

    It does not matter which one is started first. Of two sides that have a connection of their
    own, the one that connects is Ping and serves; the one that listens is Pong. Through a server
    that is there already, each side is told who it is.

    :param transport: a recipe that plays between hosts, by its name or its module.
    :param keys: with ``listen`` or ``connect``: the file with this side's keys, of those that
        ``python -m ipc_cookbook keys`` made.
    :param listen: ``"HOST:PORT"`` to be called at; port 0 takes a free one.
    :param connect: ``"HOST:PORT"`` to call.
    :param server: the URL of a server, ``"rediss://user@host:6379"`` say, without a password.
        Either this, or ``listen``, or ``connect``.
    :param player: with ``server``: ``"Ping"`` or ``"Pong"``. The other side must be the other one.
    :param game: with ``server``: the game's name, the same on both sides, and of no other game:
        letters, digits, ``-`` and ``_``. None for a random one, which ``tell`` hears.
    :param password: with ``server``: that of the URL's user, or the server's only one.
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
    if sum(place is not None for place in (listen, connect, server)) != 1:
        raise BadValue("one of listen, connect and server must be given, and no other of them")
    name = name_of(transport, SERVER_END if server is not None else TLS_END)
    recipe: Any = catalog.load(name)
    settings = check_game(tokens, payload, delay, timeout, start_method)
    if len(settings.payload) > LARGEST_PAYLOAD:
        raise BadValue(f"payload: at most 64 MiB between hosts, not {len(settings.payload)} bytes")
    check_tell(tell, settings.context.get_start_method())
    hello = Hello(PROTOCOL, settings.tokens, len(settings.payload))
    notice = Notice(tell, set())
    meeting: Encounter
    if server is not None:
        if keys is not None:
            raise BadValue("keys are for listen and connect; a server has passwords")
        where = servers.parse(server, password, recipe.ServerEnd.schemes)
        who = servers.check_player(player)
        of_game, is_new = servers.game_name(game)
        if is_new and tell:
            tell(f"the other side needs: --game {of_game}")
        meeting = ServedMeeting(name, where, of_game, who, hello, notice)
    else:
        if (player, game, password) != (None, None, None):
            raise BadValue("player, game and password are for a server")
        address = called_or_listened_on(listen, connect)
        who = PLAYERS[int(listen is not None)]
        with one_start_at_a_time(math.inf):  # OpenSSL may hold a lock that a fork would copy
            from ipc_cookbook.hosts.keys import check

            path = check(keys, who)
        meeting = Meeting(name, address, path, who, hello, notice)
    side = Side(meeting)
    part = functools.partial(
        play_side, player=who, tokens=settings.tokens, delay=settings.delay, echo=bool(echo)
    )
    try:
        (report,) = supervise(
            side,
            settings.context,
            {who: part},
            payload=settings.payload,
            timeout=settings.timeout,
        )
    except PlayerDied as died:
        if isinstance(died.__cause__, PingPongError):
            raise died.__cause__ from None
        raise
    except PingPongTimeout as late:
        if side.news:
            raise PingPongTimeout(f"not over after {settings.timeout:g} s: {side.news}") from late
        raise
    account, peer = report.summary
    return PingPongResult(
        transport=name,
        start_method=settings.context.get_start_method(),
        expected=settings.tokens,
        elapsed_s=(time.perf_counter_ns() - called_at_ns) / 1e9,
        accounts=[Account(*account, *report.records)],
        caller_pid=os.getpid(),
        called_at_ns=called_at_ns,
        peer=peer,
    )


def name_of(transport: object, end: str) -> str:
    """The name of a recipe that plays between hosts, with ends of this class."""
    if isinstance(transport, ModuleType):
        transport = catalog.name_of(transport)
    if not isinstance(transport, str):
        raise BadType(f"transport must be a recipe's name or module, not {transport!r}")
    catalog.check_name(transport)
    if transport not in (known := with_ends(end)):
        how = "through a server" if end == SERVER_END else "between hosts"
        raise BadValue(f"transport must be {' or '.join(known)} {how}, not {transport}")
    return transport


def with_ends(end: str) -> list[str]:
    """The recipes whose ends are a class of that name."""
    return [
        name for name in catalog.names() if (code := catalog.code_of(name)) and end in code.co_names
    ]


def reaching_hosts() -> list[str]:
    """The recipes whose two sides have a connection of their own."""
    return with_ends(TLS_END)


def through_servers() -> list[str]:
    """The recipes whose two sides meet at a server."""
    return with_ends(SERVER_END)


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


def called_or_listened_on(listen: str | None, connect: str | None) -> Address:
    if listen is not None:
        return addresses.parse("listen", listen)
    address = addresses.parse("connect", connect)
    if address.port == 0:
        raise BadValue(f"connect must end in a port from 1 to 65535, not {connect!r}")
    return address
