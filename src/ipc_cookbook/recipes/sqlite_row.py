"""A row of an SQLite database.

:Shared: one row in one file, which stays when both are gone.
:Framing: two columns.
:Waiting: polls; there is nothing to wait with: ``recv`` asks, sleeps 1 ms, asks again.
:Dead peer: goes unnoticed; what it had not committed is rolled back.
:Reach: one machine; whoever may open the file, now or later.
:Carries: bytes; numbers and text, too.
:Room: one message; the next one takes its place.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory

GUARANTEES = frozenset({"count", "order"})

Message = tuple[int, bytes]


class Row:
    """One player's end: one of them moves on even tokens, the other one on odd ones."""

    def __init__(self, path: str, parity: int, max_payload: int) -> None:
        self.path, self.parity, self.max_payload = path, parity, max_payload

    def __enter__(self) -> "Row":
        # each statement commits
        self.database = sqlite3.connect(self.path, isolation_level=None)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.database.close()

    def send(self, message: Message) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.database.execute("UPDATE turn SET token = ?, payload = ?", message)

    def recv(self) -> Message:
        query = "SELECT token, payload FROM turn WHERE token % 2 = ?", (self.parity,)
        while (row := self.database.execute(*query).fetchone()) is None:
            time.sleep(0.001)
        token, payload = row
        return token, payload


@contextmanager
def open_pair(context: BaseContext, max_payload: int) -> Iterator[tuple[Row, Row]]:
    """Make the database where only its owner can enter, and yield both ends."""
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "turns.sqlite")
        with closing(sqlite3.connect(path)) as database, database:
            # who writes keeps no reader waiting
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE turn (token INTEGER, payload BLOB)")
            database.execute("INSERT INTO turn VALUES (0, '')")
        yield Row(path, 0, max_payload), Row(path, 1, max_payload)
