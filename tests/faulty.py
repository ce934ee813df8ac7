"""Transports that go wrong on purpose. All of it pickles, and so works under spawn.

``FaultyTransport("pipe", player="Ping", word=12, fault="kill")`` is the pipe recipe, but
Ping kills itself in the ``send`` that follows its twelfth word.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

from ipc_cookbook.catalog import load
from ipc_cookbook.transport import End, Endpoint, Message


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


class FaultyEnd:
    """An end that does as the inner one, until the fault."""

    def __init__(self, inner: End, word: int, fault: str, confession: Connection) -> None:
        self.inner = inner
        self.word = word
        self.fault = fault
        self.confession = confession
        self.words_said = 0

    def __enter__(self) -> FaultyEnd:
        self.go_wrong_if_due()
        inner = self.inner
        self.endpoint: Endpoint = (
            inner.__enter__() if isinstance(inner, AbstractContextManager) else inner
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        if isinstance(self.inner, AbstractContextManager):
            self.inner.__exit__(*exc_info)  # type: ignore[arg-type]

    def send(self, message: Message) -> None:
        self.words_said += 1
        self.go_wrong_if_due()
        self.endpoint.send(message)

    def recv(self) -> Message:
        return self.endpoint.recv()

    def go_wrong_if_due(self) -> None:
        if self.words_said == self.word:
            self.confession.send(os.getpid())
            FAULTS[self.fault]()


class FaultyTransport:
    """A recipe, one player of which goes wrong.

    :param inner: the name of the recipe.
    :param player: ``"Ping"`` or ``"Pong"``.
    :param word: which of its own words is followed by the fault, from 1; with 0 it goes
        wrong before it opens its end.
    :param fault: one of :data:`FAULTS`.
    :ivar culprit: process id of the player that went wrong, None if none did.
    """

    def __init__(self, inner: str, *, player: str, word: int, fault: str) -> None:
        self.inner = inner
        self.player = player
        self.word = word
        self.fault = fault
        self.culprit: int | None = None

    @contextmanager
    def open_pair(self, context: BaseContext, payload_size: int) -> Iterator[tuple[End, End]]:
        receiver, confession = context.Pipe(duplex=False)
        with (
            receiver,
            confession,
            load(self.inner).open_pair(context, payload_size) as (ping, pong),
        ):
            try:
                if self.player == "Ping":
                    yield FaultyEnd(ping, self.word, self.fault, confession), pong
                else:
                    yield ping, FaultyEnd(pong, self.word, self.fault, confession)
            finally:
                if receiver.poll():
                    self.culprit = receiver.recv()


class TamperingEnd:
    """An end that changes the payload once, in the ``send`` after the given word."""

    def __init__(self, inner: Endpoint, word: int, change: Callable[[bytes], bytes]) -> None:
        self.inner = inner
        self.word = word
        self.change = change
        self.words_said = 0

    def send(self, message: Message) -> None:
        self.words_said += 1
        token, payload = message
        if self.words_said == self.word:
            payload = self.change(payload)
        self.inner.send((token, payload))

    def recv(self) -> Message:
        return self.inner.recv()


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
    def open_pair(self, context: BaseContext, payload_size: int) -> Iterator[tuple[End, End]]:
        ping, pong = context.Pipe()
        with ping, pong:
            if self.player == "Ping":
                yield TamperingEnd(ping, self.word, self.change), pong
            else:
                yield ping, TamperingEnd(pong, self.word, self.change)
