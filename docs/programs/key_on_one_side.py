"""A key on one side only is no error: one of the two waits."""

from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Client, Listener
from threading import Thread


class Attempt(Thread):
    outcome = "waits"

    def __init__(self, connect: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.connect = connect

    def run(self) -> None:
        try:
            self.connection = self.connect()
            self.outcome = "connected"
        except Exception as error:
            self.outcome = type(error).__name__


for key, other in (b"key", b"key"), (b"key", b"wrong"), (b"key", None), (None, b"key"):
    with Listener(authkey=key) as listener:
        call = partial(Client, listener.address, authkey=other)
        accepting, calling = attempts = Attempt(listener.accept), Attempt(call)
        for attempt in attempts:
            attempt.start()
        for attempt in attempts:
            attempt.join(2)
        print(f"Listener with {key!r}: accept {accepting.outcome}")
        print(f"Client with {other!r}: {calling.outcome}")
