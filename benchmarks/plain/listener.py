"""The loop over a pipe, over the connection of a listener and a client."""

from __future__ import annotations

import os
import secrets
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Listener
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Event
from tempfile import TemporaryDirectory
from typing import TypeAlias

from plain import pipe

Place: TypeAlias = "tuple[str, bytes, Event]"


def ping(place: Place, tokens: int, payload: bytes) -> array[int]:
    address, key, listening = place
    with Listener(address, authkey=key) as listener:
        listening.set()
        with listener.accept() as connection:
            return pipe.ping(connection, tokens, payload)


def pong(place: Place, tokens: int) -> array[int]:
    address, key, listening = place
    listening.wait()
    with Client(address, authkey=key) as connection:
        return pipe.pong(connection, tokens)


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Place, Place]]:
    with TemporaryDirectory() as folder:
        place = os.path.join(folder, "listener"), secrets.token_bytes(), context.Event()
        yield place, place
