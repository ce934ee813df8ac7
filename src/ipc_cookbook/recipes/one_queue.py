"""One ``multiprocessing.Queue`` for both.

:Shared: one queue; whoever calls ``get`` first has the token, even the player that put it.
:Framing: a length and a pickle, both done by ``Queue``.
:Waiting: ``get`` blocks until somebody has put something.
:Dead peer: goes unnoticed; a token that dies with its holder is never put back.
:Reach: processes of one machine.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue

GUARANTEES = frozenset({"count"})

Message = tuple[int, bytes]


class OneQueue:
    """Either player's end: both put into the same queue and get from it."""

    def __init__(self, queue: "Queue[Message]") -> None:
        self.queue = queue

    def send(self, message: Message) -> None:
        self.queue.put(message)

    def recv(self) -> Message:
        return self.queue.get()


@contextmanager
def open_pair(context: BaseContext, payload_size: int) -> Iterator[tuple[OneQueue, OneQueue]]:
    """Yield both ends, which are the same."""
    with closing(context.Queue()) as queue:
        yield OneQueue(queue), OneQueue(queue)
