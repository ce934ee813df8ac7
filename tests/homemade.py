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


class PipeOf:
    """A pipe whose ends are made into others."""

    def __init__(
        self,
        pong: Callable[[Connection], Endpoint],
        ping: Callable[[Connection], Endpoint] = lambda connection: connection,
    ) -> None:
        self.ping, self.pong = ping, pong

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[Endpoint, Endpoint]]:
        first, second = context.Pipe()
        with first, second:
            yield self.ping(first), self.pong(second)
