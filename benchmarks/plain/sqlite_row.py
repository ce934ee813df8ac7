"""The barest careful loop over a row of an SQLite database."""

from __future__ import annotations

import os
import sqlite3
import time
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.context import BaseContext
from tempfile import TemporaryDirectory

WRITE = "UPDATE turn SET token = ?, payload = ?"
READ = "SELECT token, payload FROM turn WHERE token % 2 = ?"


def ping(path: str, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        while token < tokens:
            at_ns.append(time.perf_counter_ns())
            database.execute(WRITE, (token + 1, payload))
            while not (row := database.execute(READ, (0,)).fetchone()):
                time.sleep(0.001)
            token, payload = row
    return at_ns


def pong(path: str, tokens: int) -> array[int]:
    token = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        while token < tokens - 1:
            while not (row := database.execute(READ, (1,)).fetchone()):
                time.sleep(0.001)
            token, payload = row
            database.execute(WRITE, (token + 1, payload))
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "turns.sqlite")
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE turn (token INTEGER, payload BLOB)")
            database.execute("INSERT INTO turn VALUES (0, '')")
        yield path, path
