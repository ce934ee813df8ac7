"""How a player's report reaches the caller: out of band, after the game, in pieces.

A report is a pickled summary and any number of typed arrays. Each is one part, sent as
messages that the system writes whole or not at all and ended by an empty message. So a
player that is killed or stopped in the middle of its report cannot block the caller.
"""

import pickle
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from ipc_cookbook.crew.resources import hint, in_brackets

Records = Sequence["array[int]"]

# POSIX grants whole writes to a pipe up to 512 bytes, Linux up to 4096 (PIPE_BUF);
# a Connection puts 4 bytes in front.
PIECE_BYTES = (4096 if sys.platform == "linux" else 512) - 4

FULL_PIPE_BYTES = 16 * 1024


class Failure(NamedTuple):
    """An exception on its way to the caller, instead of a summary."""

    at_ns: int
    could_be_an_echo: bool
    text: str
    note: str
    pickled: bytes

    @classmethod
    def of(cls, error: BaseException, at_ns: int) -> "Failure":
        text, note = type(error).__name__, ""
        with suppress(MemoryError):  # which may be what is to be reported
            import traceback

            text = "".join(traceback.format_exception_only(error)).strip()
            note = "".join(["In the player's process:\n", *traceback.format_exception(error)])
        text += in_brackets(hint(error))
        try:
            pickled = pickle.dumps(error)
        except Exception:
            pickled = b""
        return cls(at_ns, is_of_a_connection(error), text, note, pickled)

    def shortened(self) -> "Failure":
        """So short that a pipe takes it though nobody reads yet: 16 KiB hold on every system."""
        most = FULL_PIPE_BYTES // 4
        pickled = self.pickled if len(self.pickled) < most else b""
        return self._replace(text=self.text[:most], note=self.note[-most:], pickled=pickled)

    def exception(self) -> BaseException:
        """The exception, or a :class:`RuntimeError` of its text if it cannot travel."""
        error: object = None
        with suppress(Exception):
            error = pickle.loads(self.pickled)
        if not isinstance(error, BaseException):
            error = RuntimeError(self.text)
        error.add_note(self.note)
        return error


def is_of_a_connection(error: BaseException) -> bool:
    """Whether another process's end may be the cause. Libraries have classes of their own."""
    return isinstance(error, EOFError | OSError) or any(
        "Connection" in kind.__name__ for kind in type(error).__mro__
    )


def send_report(outbox: Connection, summary: object, records: Records = ()) -> None:
    """Send all of a report.

    :param summary: anything picklable.
    :param records: typed arrays, sent without being copied.
    """
    typecodes = [record.typecode for record in records]
    parts: list[bytes | array[int]] = [pickle.dumps((summary, typecodes)), *records]
    for part in parts:
        with memoryview(part).cast("B") as data:
            for start in range(0, len(data), PIECE_BYTES):
                outbox.send_bytes(data[start : start + PIECE_BYTES])
        outbox.send_bytes(b"")


class Inbox:
    """The caller's end. Takes in what has arrived, never waits for more.

    :param others: closed together with it.
    """

    def __init__(self, connection: Connection, *others: Connection) -> None:
        self.connection, self._others = connection, others
        self.is_complete = False
        self.summary: Any = None
        self.records: list[array[int]] = []
        self._typecodes: list[str] | None = None
        self._part = bytearray()

    def close(self) -> None:
        for each in self.connection, *self._others:
            each.close()

    def read_all(self) -> None:
        while not self.connection.closed and self.connection.poll():
            self.read_message()

    def read_message(self) -> None:
        """Take in one message, or close if there will be no more."""
        try:
            piece = self.connection.recv_bytes()
        except (EOFError, OSError):
            self.connection.close()
            return
        if piece:
            self._part += piece
        else:
            self._end_part()

    def _end_part(self) -> None:
        part, self._part = self._part, bytearray()
        if self._typecodes is None:
            self.summary, self._typecodes = pickle.loads(part)
        else:
            record = array(self._typecodes[len(self.records)])
            record.frombytes(part)
            self.records.append(record)
        self.is_complete = len(self.records) == len(self._typecodes)
