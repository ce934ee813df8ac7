"""Two ``multiprocessing.Queue``, crossed.

:Shared: two queues; each is a pipe, a lock on either side, and a thread that feeds it.
:Framing: a length and a pickle, both done by ``Queue``.
:Waiting: ``get`` blocks until the other player has put something.
:Dead peer: goes unnoticed; ``get`` waits for ever.
:Reach: related processes; a queue is inherited, it cannot be sent.
:Carries: pickles; any picklable object would do.
:Room: any number, on macOS 32,767; a thread keeps what the pipe cannot take.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue

GUARANTEES = frozenset({"count", "order"})

Message = tuple[int, bytes]


class CrossedQueues:
    """One player's end: puts into one queue, gets from the other."""

    def __init__(
        self, outgoing: "Queue[Message]", incoming: "Queue[Message]", max_payload: int
    ) -> None:
        self.outgoing = outgoing
        self.incoming = incoming
        self.max_payload = max_payload

    def send(self, message: Message) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.outgoing.put(message)

    def recv(self) -> Message:
        return self.incoming.get()


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[CrossedQueues, CrossedQueues]]:
    """Yield both ends: the same two queues, the other way round."""
    with closing(context.Queue()) as there, closing(context.Queue()) as back:
        yield (
            CrossedQueues(there, back, max_payload),
            CrossedQueues(back, there, max_payload),
        )
