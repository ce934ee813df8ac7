"""Transports that go wrong on purpose. All of it pickles, and so works under spawn.

``FaultyTransport(PLAIN, fault="kill", player="Ping", word=12)`` is that recipe, but Ping kills
itself in the ``send`` that follows its twelfth word.
"""

from __future__ import annotations

import faulthandler
import functools
import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, Self

from ipc_cookbook.catalog import MODULES, load
from ipc_cookbook.crew.helpers import context_for_helpers
from ipc_cookbook.errors import TransportUnavailable
from ipc_cookbook.game.run import find_transport
from ipc_cookbook.transport import End, Endpoint, Message, Transport


class Unpicklable(Exception):
    """An exception that cannot travel to another process."""

    def __reduce__(self) -> str:
        raise TypeError("this stays where it is")


class UnpicklableBack(Exception):
    """An exception that travels, but cannot be made again where it arrives."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one}, {other}")


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def abort() -> None:
    faulthandler.disable()
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()


def exit_at_once() -> None:
    os._exit(3)


def leave() -> None:
    sys.exit(3)


def raise_value_error() -> None:
    raise ValueError("at fault")


def raise_eof_error() -> None:
    raise EOFError("at fault")


def raise_unpicklable() -> None:
    raise Unpicklable("at fault")


def raise_unpicklable_back() -> None:
    raise UnpicklableBack("at", "fault")


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def sleep() -> None:
    threading.Event().wait()


FAULTS: dict[str, Callable[[], None]] = {
    "kill": kill,
    "abort": abort,
    "_exit": exit_at_once,
    "sys.exit": leave,
    "ValueError": raise_value_error,
    "EOFError": raise_eof_error,
    "Unpicklable": raise_unpicklable,
    "UnpicklableBack": raise_unpicklable_back,
    "stop": stop,
    "sleep": sleep,
}
"""What a player may do to itself."""

SERVER_FAULT = "kill server"
"""The first process that the transport started for itself is killed."""


class OwnFault(NamedTuple):
    """What can go wrong with the server of one recipe alone; its own tests say how.

    :ivar act: is given the endpoint of the player that holds the token, and the server's process
        id.
    :ivar blames_server: whether the server is to be named then, or else a player.
    """

    act: Callable[[Any, int], None]
    blames_server: bool


def own_faults(recipe: str) -> dict[str, OwnFault]:
    """Those in ``tests/recipes/test_MODULE.py``, by name."""
    name = f"test_{MODULES[recipe]}"
    if importlib.util.find_spec(name) is None:
        return {}
    found: dict[str, OwnFault] = getattr(importlib.import_module(name), "OWN_FAULTS", {})
    return found


class WrappedEnd:
    """An end that does as the inner one. Those that differ in something build on it."""

    def __init__(self, inner: End) -> None:
        self.inner = inner

    def __enter__(self) -> Self:
        inner = self.inner
        self.endpoint: Endpoint = (
            inner.__enter__() if isinstance(inner, AbstractContextManager) else inner
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        if isinstance(self.inner, AbstractContextManager):
            self.inner.__exit__(*exc_info)  # type: ignore[arg-type]

    def send(self, message: Message) -> None:
        self.endpoint.send(message)

    def recv(self) -> Message:
        return self.endpoint.recv()


class Moment(NamedTuple):
    """When a player goes wrong: before it opens its end, after a word, or with a token.

    :ivar player: ``"Ping"`` or ``"Pong"``, None for the one that comes to hold the token.
    :ivar word: which of its own words is followed by the fault, from 1; 0 is before it
        opens its end.
    :ivar token: the token that it has just held.
    """

    player: str | None = None
    word: int | None = None
    token: int | None = None


class Confession(NamedTuple):
    """Which process went wrong, and when (ns of :func:`time.perf_counter_ns`)."""

    pid: int
    at_ns: int


class FaultyEnd(WrappedEnd):
    """An end that goes wrong at a certain moment.

    :param server: process id of the server that the fault is about, if it is not the player.
    :param recipe: the name of the recipe, if the fault is one of its own.
    """

    def __init__(
        self,
        inner: End,
        moment: Moment,
        fault: str,
        server: int | None,
        confessions: Connection,
        recipe: str | None,
    ) -> None:
        super().__init__(inner)
        self.recipe = recipe
        self.moment = moment
        self.fault = fault
        self.server = server
        self.confessions = confessions
        self.words_said = 0

    def __enter__(self) -> Self:
        if self.moment.word == 0:
            self.go_wrong()
        return super().__enter__()

    def send(self, message: Message) -> None:
        self.words_said += 1
        if self.words_said == self.moment.word or message[0] - 1 == self.moment.token:
            self.go_wrong()
        super().send(message)

    def go_wrong(self) -> None:
        if self.recipe and self.server:
            act, blames_server = own_faults(self.recipe)[self.fault]
            culprit = self.server if blames_server else os.getpid()
            self.confessions.send(Confession(culprit, time.perf_counter_ns()))
            act(self.endpoint, self.server)
            return
        culprit = self.server or os.getpid()
        self.confessions.send(Confession(culprit, time.perf_counter_ns()))
        if self.server:
            os.kill(self.server, signal.SIGKILL)
        else:
            FAULTS[self.fault]()


class FaultyTransport:
    """The one fault hook: a transport, one process of which goes wrong at a given moment.

    :param inner: the name of a recipe, or a transport of one's own.
    :param fault: one of :data:`FAULTS`, or :data:`SERVER_FAULT`, or of the recipe's own.
    :param moment: the fields of :class:`Moment`, by keyword.
    :ivar confessions: who went wrong, once the game is over.
    """

    def __init__(self, inner: str | Transport, *, fault: str, **moment: Any) -> None:
        self.inner = inner
        self.fault = fault
        self.moment = Moment(**moment)
        self.confessions: list[Confession] = []

    @property
    def culprit(self) -> int | None:
        """Process id of the first that went wrong, None if none did."""
        return self.confessions[0].pid if self.confessions else None

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        _, inner = find_transport(self.inner)
        helpers: list[BaseProcess] = []
        noting = noting_helpers(context, helpers)
        receiver, sender = context.Pipe(duplex=False)
        with receiver, sender, inner.open_pair(noting, max_payload) as ends:
            recipe = None if self.fault in (*FAULTS, SERVER_FAULT) else str(self.inner)
            server = helpers[0].pid if self.fault == SERVER_FAULT or recipe else None
            first, second = (
                FaultyEnd(end, self.moment, self.fault, server, sender, recipe)
                if self.moment.player in (None, player)
                else end
                for player, end in zip(("Ping", "Pong"), ends, strict=True)
            )
            try:
                yield first, second
            finally:
                while receiver.poll():
                    self.confessions.append(receiver.recv())


class StuckServerTransport:
    """A transport whose first helper is stopped when the game is over.

    :param inner: the name of a recipe, or a transport of one's own.
    """

    def __init__(self, inner: str | Transport) -> None:
        self.inner = inner

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        _, inner = find_transport(self.inner)
        helpers: list[BaseProcess] = []
        with inner.open_pair(noting_helpers(context, helpers), max_payload) as ends:
            yield ends
            pid = helpers[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)


def noting_helpers(context: BaseContext, helpers: list[BaseProcess]) -> Any:
    """A copy of the context for a transport, whose processes are added to the list."""
    return context_for_helpers(context, lambda: (call, helpers.append))


def call(
    target: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    target(*args, **kwargs)


@functools.cache
def starts_helpers(name: str) -> bool:
    """Whether a recipe starts processes for itself; of one that cannot run here, False.

    To find out, it is opened.
    """
    helpers: list[BaseProcess] = []
    context = multiprocessing.get_context(multiprocessing.get_all_start_methods()[0])
    try:
        recipe = load(name)
    except TransportUnavailable:
        return False
    with recipe.open_pair(noting_helpers(context, helpers), 0):
        return bool(helpers)


def with_helpers() -> list[str]:
    """The recipes that start processes for themselves. There must be one."""
    found = [name for name in MODULES if starts_helpers(name)]
    assert found
    return found


class TamperingEnd(WrappedEnd):
    """An end that changes the payload once, in the ``send`` after the given word."""

    def __init__(self, inner: End, word: int, change: Callable[[bytes], bytes]) -> None:
        super().__init__(inner)
        self.word = word
        self.change = change
        self.words_said = 0

    def send(self, message: Message) -> None:
        self.words_said += 1
        token, payload = message
        if self.words_said == self.word:
            payload = self.change(payload)
        super().send((token, payload))


class TamperingTransport:
    """Two pipes' ends, one player's with a payload that does not stay as it was.

    :param player: ``"Ping"`` or ``"Pong"``.
    :param word: after which of its own words, from 1.
    :param change: what becomes of the payload; a function of a module.
    """

    def __init__(self, *, player: str, word: int, change: Callable[[bytes], bytes]) -> None:
        self.player = player
        self.word = word
        self.change = change

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        ping, pong = context.Pipe()
        with ping, pong:
            if self.player == "Ping":
                yield TamperingEnd(ping, self.word, self.change), pong
            else:
                yield ping, TamperingEnd(pong, self.word, self.change)
