"""One ``multiprocessing.Queue`` for both.

:Shared: one queue; who calls ``get`` first has the token, even the player that put it.
:Framing: a length and a pickle, both done by ``Queue``.
:Waiting: ``get`` blocks until somebody has put something.
:Dead peer: goes unnoticed; a token that dies with its holder is never put back.
:Reach: related processes; a queue is inherited, it cannot be sent.
:Carries: pickles; any picklable object would do.
:Room: any number, on macOS 32,767; a thread keeps what the pipe cannot take.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue

GUARANTEES = frozenset({"count"})

Message = tuple[int, bytes]


class OneQueue:
    """Either player's end: both put into the same queue and get from it."""

    def __init__(self, queue: "Queue[Message]", max_payload: int) -> None:
        self.queue = queue
        self.max_payload = max_payload

    def send(self, message: Message) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.queue.put(message)

    def recv(self) -> Message:
        return self.queue.get()


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[OneQueue, OneQueue]]:
    """Yield both ends, which are the same."""
    with closing(context.Queue()) as queue:
        yield OneQueue(queue, max_payload), OneQueue(queue, max_payload)
