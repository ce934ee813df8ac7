"""Play a game that hangs, and say what its error says: ``deaf.py METHOD``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

from ipc_cookbook import PingPongTimeout, run_pingpong


class Swallows:
    """An end that keeps every message to itself."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def send(self, message: tuple[int, bytes]) -> None:
        pass

    def recv(self) -> tuple[int, bytes]:
        message: tuple[int, bytes] = self.connection.recv()
        return message


class Deaf:
    @staticmethod
    @contextmanager
    def open_pair(context: BaseContext, max_payload: int) -> Iterator[tuple[Swallows, Swallows]]:
        one, other = context.Pipe()
        with one, other:
            yield Swallows(one), Swallows(other)


if __name__ == "__main__":
    try:
        run_pingpong(Deaf(), timeout=2, start_method=sys.argv[1])
    except PingPongTimeout as error:
        print(*getattr(error, "__notes__", ["no note"]), sep="\n")
