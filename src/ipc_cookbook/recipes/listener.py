"""A ``Listener`` and a ``Client``.

:Shared: an address and a secret key; then a connection.
:Framing: a length and a pickle, both done by ``Connection``.
:Waiting: ``recv`` blocks until the other end sends.
:Dead peer: ``EOFError`` at once; ``ConnectionResetError`` if it had left bytes unread.
:Reach: one machine; over TCP hosts as well, but never where strangers are.
:Carries: pickles; any picklable object would do.
:Room: what the system's buffer holds, some 200 KiB on Linux; then ``send`` waits.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Connection, Listener
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory
from typing import Any, cast

GUARANTEES = frozenset({"count", "order"})


class ListenerEnd:
    def __init__(
        self, address: str, key: bytes, listening: Any, max_payload: int, listens: bool
    ) -> None:
        self.address, self.key, self.listening = address, key, listening
        self.max_payload, self.listens = max_payload, listens

    def __enter__(self) -> "ListenerEnd":
        if self.listens:
            with Listener(self.address, authkey=self.key) as listener:
                self.listening.set()
                self.connection: Connection[Any, Any] = listener.accept()
        else:
            self.listening.wait()
            self.connection = Client(self.address, authkey=self.key)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.connection.close()

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.connection.send(message)

    def recv(self) -> tuple[int, bytes]:
        return cast(tuple[int, bytes], self.connection.recv())


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[ListenerEnd, ListenerEnd]]:
    with TemporaryDirectory() as folder:
        address = os.path.join(folder, "listener")
        if os.name == "nt":  # a named pipe has no folder
            address = rf"\\.\pipe\{secrets.token_hex()}"
        common = address, secrets.token_bytes(), context.Event(), max_payload
        yield ListenerEnd(*common, listens=True), ListenerEnd(*common, listens=False)
