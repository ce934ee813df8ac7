"""A transport of one's own: a plain object that the package has never heard of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.queues import SimpleQueue

from ipc_cookbook.transport import Endpoint, Message


class CrossedSimpleQueues:
    def __init__(self, outgoing: SimpleQueue[Message], incoming: SimpleQueue[Message]) -> None:
        self.send = outgoing.put
        self.recv = incoming.get


class HomemadeTransport:
    """Two ``SimpleQueue`` objects, crossed."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[CrossedSimpleQueues, CrossedSimpleQueues]]:
        there: SimpleQueue[Message]
        back: SimpleQueue[Message]
        with closing(context.SimpleQueue()) as there, closing(context.SimpleQueue()) as back:
            yield CrossedSimpleQueues(there, back), CrossedSimpleQueues(back, there)


class Changing:
    """An end of a pipe that sends something else.

    :param change: a function of a module, so that it can travel.
    """

    def __init__(self, connection: Connection, change: Callable[[Message], Message]) -> None:
        self.connection, self.change = connection, change

    def send(self, message: Message) -> None:
        self.connection.send(self.change(message))

    def recv(self) -> Message:
        message: Message = self.connection.recv()
        return message


def nothing(*_: object) -> None:
    """Neither before nor after it."""


class PipeOf:
    """A pipe whose ends are made into others.

    :param before: what is done as it opens, with the largest payload.
    :param after: what is done as it closes.
    """

    def __init__(
        self,
        pong: Callable[[Connection], Endpoint] = lambda connection: connection,
        ping: Callable[[Connection], Endpoint] = lambda connection: connection,
        *,
        before: Callable[[int], object] = nothing,
        after: Callable[[], object] = nothing,
    ) -> None:
        self.ping, self.pong = ping, pong
        self.before, self.after = before, after

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[Endpoint, Endpoint]]:
        self.before(max_payload)
        first, second = context.Pipe()
        with first, second:
            yield self.ping(first), self.pong(second)
        self.after()
