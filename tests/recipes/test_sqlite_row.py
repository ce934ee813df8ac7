"""A row outlives its writer, an unfinished change does not; and what BEGIN IMMEDIATE is for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from commands import needs_posix
from ipc_cookbook.recipes.sqlite_row import Row, open_pair
from processes import child
from streams import LIMIT_S

SPAWN = multiprocessing.get_context("spawn")
LOCKED = "^database is locked$"


@contextmanager
def connected(path: str, timeout_s: float = 0) -> Iterator[sqlite3.Connection]:
    """A connection that begins no transaction by itself."""
    with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as database:
        yield database


def row_of(path: str) -> tuple[int, bytes]:
    """What somebody finds who has nothing to do with the players."""
    with connected(path) as database:
        row: tuple[int, bytes] = database.execute("SELECT token, payload FROM turn").fetchone()
        return row


def test_it_asks_and_sleeps_until_it_is_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_pair(SPAWN, 100) as (ours, theirs), ours as reader, theirs as writer:
        asked: list[str] = []
        slept_s: list[float] = []

        def sleep(seconds: float) -> None:
            slept_s.append(seconds)
            if len(slept_s) == 20:
                writer.send((2, b"at last"))

        monkeypatch.setattr(time, "sleep", sleep)
        writer.send((1, b"not yours"))
        reader.database.set_trace_callback(asked.append)
        assert reader.recv() == (2, b"at last")
        assert slept_s == [0.001] * 20
        assert len(asked) == 21


def send_and_die(end: Row, number: int) -> None:
    with end:
        end.send((1, b"the last words"))
        os.kill(os.getpid(), number)


@needs_posix
@pytest.mark.sampled
def test_what_was_sent_stays_when_its_writer_is_killed(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 100) as (ours, theirs):
        with child(context, send_and_die, ours, signal.SIGKILL) as process:
            process.join()
            assert process.exitcode == -signal.SIGKILL
        assert row_of(theirs.path) == (1, b"the last words")
        with theirs as end:
            assert end.recv() == (1, b"the last words")


def take_turns(end: Row, turns: int) -> None:
    with end:
        for _ in range(turns):
            token, _ = end.recv()
            end.send((token + 1, b"%d" % (token + 1)))


@pytest.mark.sampled
def test_the_row_is_there_when_both_have_ended(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 100) as (first, second):
        with (
            child(context, take_turns, first, 5) as ping,
            child(context, take_turns, second, 5) as pong,
        ):
            for process in ping, pong:
                process.join(LIMIT_S)
                assert process.exitcode == 0
        assert row_of(first.path) == (10, b"10")


def change_and_wait(path: str, is_changed: Event) -> None:
    with connected(path) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE turn SET token = 99, payload = 'half a change'")
        is_changed.set()
        time.sleep(LIMIT_S)


@needs_posix
def test_a_killed_writer_takes_its_change_and_its_lock_with_it(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    is_changed = context.Event()
    with open_pair(context, 100) as (ours, _):
        with ours as end:
            end.send((1, b"before"))
        with child(context, change_and_wait, ours.path, is_changed) as process:
            assert is_changed.wait(LIMIT_S)
            assert row_of(ours.path) == (1, b"before")
            with connected(ours.path) as database:
                with pytest.raises(sqlite3.OperationalError, match=LOCKED):
                    database.execute("BEGIN IMMEDIATE")
                process.kill()
                process.join()
                database.execute("BEGIN IMMEDIATE")  # without a moment's wait
                database.execute("ROLLBACK")
        assert row_of(ours.path) == (1, b"before")
        with ours as end:
            end.send((2, b"after"))
        assert row_of(ours.path) == (2, b"after")


@contextmanager
def counter() -> Iterator[str]:
    """A database like the recipe's, whose token is to be counted up."""
    with open_pair(SPAWN, 100) as (ours, _):
        yield ours.path


def read(database: sqlite3.Connection) -> int:
    (number,) = database.execute("SELECT token FROM turn").fetchone()
    return int(number)


def write(database: sqlite3.Connection, number: int) -> None:
    database.execute("UPDATE turn SET token = ?", (number,))


PATIENT_S = 20


@pytest.mark.parametrize("timeout_s", [0, PATIENT_S])
@pytest.mark.parametrize("has_committed", [False, True])
def test_who_has_read_may_not_write_any_more_once_another_one_does(
    timeout_s: float, has_committed: bool
) -> None:
    """At once, whatever the time limit, and after the other one has finished as well."""
    with counter() as path, connected(path, timeout_s) as one, connected(path, timeout_s) as other:
        for database in one, other:
            database.execute("BEGIN")
            assert read(database) == 0
        write(one, 1)
        if has_committed:
            one.execute("COMMIT")
        start_s = time.monotonic()
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match=LOCKED):
                write(other, 1)
        assert time.monotonic() - start_s < PATIENT_S / 2
        if not has_committed:
            one.execute("COMMIT")
        other.execute("ROLLBACK")
        other.execute("BEGIN")
        write(other, read(other) + 1)
        other.execute("COMMIT")
        assert read(one) == 2


def test_without_a_transaction_one_of_two_is_lost_and_nobody_is_told() -> None:
    """Python begins one by itself: before it writes, and not before it reads."""
    with (
        counter() as path,
        closing(sqlite3.connect(path)) as one,
        closing(sqlite3.connect(path)) as other,
    ):
        numbers = read(one), read(other)
        assert not one.in_transaction
        for database, number in zip((one, other), numbers, strict=True):
            write(database, number + 1)
            assert database.in_transaction
            database.commit()
        assert read(one) == 1


def count(path: str, times: int, may_begin: Event, begins: Event) -> None:
    """Connect in this process: none that is open may be carried over a fork."""
    with connected(path, PATIENT_S) as database:
        may_begin.wait()
        for _ in range(times):
            begins.set()
            database.execute("BEGIN IMMEDIATE")
            write(database, read(database) + 1)
            database.execute("COMMIT")


@pytest.mark.sampled
def test_with_begin_immediate_none_is_lost(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    may_begin, begins = context.Event(), context.Event()
    with counter() as path, ExitStack() as stack:
        counting = context, count, path, 30, may_begin, begins
        processes = [stack.enter_context(child(*counting)) for _ in range(3)]
        may_begin.set()
        for process in processes:
            process.join(LIMIT_S)
            assert process.exitcode == 0
        with connected(path) as database:
            assert read(database) == 90


@pytest.mark.sampled
def test_begin_immediate_waits_for_its_turn(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    may_begin, begins = context.Event(), context.Event()
    with (
        counter() as path,
        child(context, count, path, 1, may_begin, begins) as process,
        connected(path) as database,
    ):
        database.execute("BEGIN IMMEDIATE")
        write(database, read(database) + 1)
        may_begin.set()
        assert begins.wait(LIMIT_S)
        process.join(0.3)
        assert process.is_alive()
        database.execute("COMMIT")
        process.join(LIMIT_S)
        assert process.exitcode == 0
        assert read(database) == 2


def test_who_writes_keeps_no_reader_waiting() -> None:
    with counter() as path, connected(path) as writer, connected(path) as reader:
        writer.execute("BEGIN IMMEDIATE")
        write(writer, 1)
        assert read(reader) == 0
        writer.execute("COMMIT")
        assert read(reader) == 1


@needs_posix
def test_only_the_owner_may_enter_and_nothing_stays() -> None:
    with open_pair(SPAWN, 100) as (ours, _), ours as end:
        end.send((1, b""))
        folder = Path(ours.path).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.name for path in folder.iterdir()} == {
            f"turns.sqlite{beside}" for beside in ("", "-wal", "-shm")
        }
    assert not folder.exists()
