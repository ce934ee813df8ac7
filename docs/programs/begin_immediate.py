"""Two processes read a number and write the next. How does their transaction begin?"""

import os
import sqlite3
from contextlib import closing
from multiprocessing import Barrier, Process
from multiprocessing.synchronize import Barrier as BarrierType
from tempfile import TemporaryDirectory


def count(path: str, begin: str, have_read: BarrierType) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=3600)) as database:
        try:
            database.execute(begin)
            (number,) = database.execute("SELECT number FROM counter").fetchone()
            have_read.wait()
            database.execute("UPDATE counter SET number = ?", (number + 1,))
            database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            print(f"   one of them, at once: {error}", flush=True)


def count_by_two(path: str, begin: str, readers: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE counter AS SELECT 0 AS number")
    have_read = Barrier(readers)  # so many have read before anyone writes
    pair = [Process(target=count, args=(path, begin, have_read)) for _ in range(2)]
    for process in pair:
        process.start()
    for process in pair:
        process.join()
    with closing(sqlite3.connect(path)) as database:
        print("   counted:", *database.execute("SELECT number FROM counter").fetchone())


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        for begin, readers in {"BEGIN": 2, "BEGIN IMMEDIATE": 1}.items():
            print(begin, flush=True)
            count_by_two(os.path.join(folder, begin), begin, readers)
