"""Two ``multiprocessing.SimpleQueue``, crossed.

:Shared: two queues; each is a pipe with a lock on either side, and no thread.
:Framing: a length and a pickle, both done by ``SimpleQueue``.
:Waiting: ``get`` blocks until the other player has put something.
:Dead peer: goes unnoticed; ``get`` waits for ever.
:Reach: related processes; a queue is inherited, it cannot be sent.
:Carries: pickles; any picklable object would do.
:Room: what the pipe holds, 64 KiB on Linux; then ``put`` waits.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.queues import SimpleQueue

GUARANTEES = frozenset({"count", "order"})

Message = tuple[int, bytes]


class CrossedQueues:
    """One player's end: puts into one queue, gets from the other."""

    def __init__(
        self,
        outgoing: "SimpleQueue[Message]",
        incoming: "SimpleQueue[Message]",
        max_payload: int,
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
    with (
        closing(context.SimpleQueue()) as there,
        closing(context.SimpleQueue()) as back,
    ):
        yield (
            CrossedQueues(there, back, max_payload),
            CrossedQueues(back, there, max_payload),
        )
