"""One side of a game between hosts, as the supervisor plays it: a transport with a single end."""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

from ipc_cookbook import catalog
from ipc_cookbook.crew.player import Desk, Part
from ipc_cookbook.crew.report import Records
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.errors import PeerLost, PingPongError, PingPongTimeout, PlayerDied
from ipc_cookbook.game.loop import FIRST, PLAYERS, play
from ipc_cookbook.game.result import Peer, PingPongResult
from ipc_cookbook.game.turns import Account
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.keys import Keys
from ipc_cookbook.hosts.line import Line, Orders
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.transport import Endpoint


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
        address: Address,
        keys: Keys | None,
        *,
        tokens: int | None,
        payload_size: int | None,
        tell: Tell | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        self.player = PLAYERS[int(is_listening)]
        hello = Hello(self.player, name, tokens, payload_size, about=about)
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
        self, part: Part, context: BaseContext, *, payload: bytes, timeout: float | None
    ) -> Played:
        """Play the side in a process of its own, under the supervisor."""
        try:
            (report,) = supervise(
                self, context, {self.player: part}, payload=payload, timeout=timeout
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
    line: Endpoint, desk: Desk, *, player: str, delay: float, echo: bool
) -> tuple[tuple[Any, ...], Records]:
    """A part: the payload, which Pong adopts; the words; and a last word on those."""
    assert isinstance(line, Line)
    said = line.hello
    tokens, size = said.tokens, said.payload_size
    assert tokens is not None
    assert size is not None
    try:
        line.endpoint.expect(size)
        if player == FIRST:
            line.send((0, bytes(desk.payload)))
            line.recv()
        else:
            desk = desk._replace(payload=memoryview(line.recv()[1]))
            line.send((0, bytes(desk.payload)))
        account, records = play(
            line, desk, player=player, tokens=tokens, delay=delay, echo=echo, pause=line.pause
        )
        line.endpoint.expect(0)
        if player == PLAYERS[(tokens - 1) % 2]:
            line.recv()  # so that the last word has arrived
        else:
            line.send((tokens, b""))
    except PeerLost as error:
        words, expected = desk.counters[desk.number], len(range(PLAYERS.index(player), tokens, 2))
        raise PeerLost(f"{error}; {player} had said {words} of its {expected} words") from error
    return (account, tokens, line.peer, said.about), records


def module_between(name: str) -> str:
    return f"ipc_cookbook.hosts.between.{catalog.MODULES[name]}"
