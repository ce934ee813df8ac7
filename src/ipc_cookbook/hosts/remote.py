"""One player here, the other one on another host."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, NamedTuple

from ipc_cookbook import catalog
from ipc_cookbook.arguments import check_game
from ipc_cookbook.game import SERVES, WORDS, play
from ipc_cookbook.hosts import address as addresses
from ipc_cookbook.hosts import keys as all_keys
from ipc_cookbook.hosts.hello import LARGEST_PAYLOAD, Hello
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.hosts.sides import Line, Orders
from ipc_cookbook.player import Desk, Role
from ipc_cookbook.report import Records
from ipc_cookbook.result import Account, Peer, PingPongResult
from ipc_cookbook.supervisor import supervise
from ipc_cookbook.transport import (
    Endpoint,
    PeerLost,
    PingPongError,
    PingPongTimeout,
    PlayerDied,
)


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
    role = functools.partial(play_side, word=side.word, delay=game.delay, echo=bool(echo))
    played = side.play(role, game.context, payload=game.payload, timeout=game.timeout)
    return played.as_result(name, called_at_ns)


def tell_people(name: str, text: str) -> None:
    """What the command line does with what :func:`play_remote` tells."""
    with suppress(OSError):
        if sys.stderr:
            print(f"{name}: {text}", file=sys.stderr, flush=True)


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


def module_between(name: str) -> str:
    return f"ipc_cookbook.hosts.between.{catalog.MODULES[name]}"


def where(
    listen: str | None, connect: str | None, keys: str | os.PathLike[str] | None
) -> tuple[bool, addresses.Address, all_keys.Keys | None]:
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
    checked = all_keys.check(keys, "ping" if listen is None else "pong")
    return listen is not None, address, checked


class Played(NamedTuple):
    """What a side's player reports.

    :ivar tokens: how many words both sides agreed on.
    :ivar about: what the other side had to tell besides.
    """

    account: Account
    tokens: int
    peer: Peer
    about: dict[str, Any] | None
    start_method: str

    def as_result(self, transport: str, called_at_ns: int) -> PingPongResult:
        return PingPongResult(
            transport=transport,
            start_method=self.start_method,
            expected=self.tokens,
            elapsed_s=(time.perf_counter_ns() - called_at_ns) / 1e9,
            accounts=[self.account],
            caller_pid=os.getpid(),
            called_at_ns=called_at_ns,
            peer=self.peer,
        )


class Side:
    """One side of a recipe, as the supervisor takes it: a transport that opens a single end."""

    def __init__(
        self,
        name: str,
        is_listening: bool,
        address: addresses.Address,
        keys: all_keys.Keys | None,
        *,
        tokens: int | None,
        payload_size: int | None,
        tell: Tell | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        self.word = WORDS[int(is_listening)]
        hello = Hello(self.word, name, tokens, payload_size, about=about)
        self.orders, self.tell = Orders(address, keys, hello, print), tell
        self.is_listening = is_listening
        self.latest: str | None = "it had not begun"

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[Meeting]]:
        """Yield the one end that is here. ``latest`` is what it said last, afterwards."""
        receiver, sender = context.Pipe(duplex=False)
        with receiver:
            try:
                with sender:
                    yield (Meeting(self.orders, self.is_listening, sender, self.tell),)
            finally:
                with suppress(EOFError, OSError):
                    while receiver.poll():
                        self.latest = receiver.recv()

    def play(
        self, role: Role, context: BaseContext, *, payload: bytes, timeout: float | None
    ) -> Played:
        """Play the side in a process of its own, under the supervisor."""
        try:
            (report,) = supervise(
                self, context, {self.word: role}, payload=payload, timeout=timeout
            )
        except PlayerDied as died:
            if isinstance(died.__cause__, PingPongError):
                raise died.__cause__ from None
            raise
        except PingPongTimeout as late:
            if self.latest is None:  # the sides had met
                raise
            raise PingPongTimeout(f"not over after {timeout:g} s: {self.latest}") from late
        account, tokens, peer, about = report.summary
        return Played(
            Account(*account, *report.records), tokens, peer, about, context.get_start_method()
        )


class Meeting:
    """The end of one side. To enter it, in the player's process, is to meet the other side."""

    def __init__(
        self, orders: Orders, is_listening: bool, journal: Connection, listener: Tell | None
    ) -> None:
        self.orders, self.is_listening = orders, is_listening
        self.journal, self.listener = journal, listener

    def __enter__(self) -> Line:
        orders = self.orders._replace(tell=self.tell)
        self.telling = threading.Lock()
        over = importlib.import_module(module_between(orders.hello.transport))
        meet = over.listen if self.is_listening else over.connect
        self.met: AbstractContextManager[Line] = meet(orders)
        line: Line = self.met.__enter__()
        self.journal.send(None)
        return line

    def __exit__(self, *error: Any) -> bool | None:
        return self.met.__exit__(*error)

    def tell(self, text: str) -> None:
        """Note for the caller, and for whoever wants to know."""
        with self.telling:
            self.journal.send(text)
            if self.listener:
                self.listener(text)


def play_side(
    line: Endpoint, desk: Desk, *, word: str, delay: float, echo: bool
) -> tuple[tuple[Any, ...], Records]:
    """A role: exchange the payload, which Pong adopts; the words; and a last word on those."""
    assert isinstance(line, Line)
    said = line.hello
    tokens, size = said.tokens, said.payload_size
    assert tokens is not None
    assert size is not None
    try:
        line.endpoint.expect(size)
        if word == SERVES:
            line.send((0, bytes(desk.payload)))
            line.recv()
        else:
            desk = desk._replace(payload=memoryview(line.recv()[1]))
            line.send((0, bytes(desk.payload)))
        account, records = play(
            line, desk, word=word, tokens=tokens, delay=delay, echo=echo, pause=line.pause
        )
        line.endpoint.expect(0)
        if word == WORDS[(tokens - 1) % 2]:
            line.recv()  # so that the last word has arrived
        else:
            line.send((tokens, b""))
    except PeerLost as error:
        words, expected = desk.counters[desk.number], len(range(WORDS.index(word), tokens, 2))
        raise PeerLost(f"{error}; {word} had said {words} of its {expected} words") from error
    return (account, tokens, line.peer, said.about), records
