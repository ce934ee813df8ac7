"""The processes of a game, as the caller sees them: running, ended, or dead too early.

That one has ended is seen from a descriptor. Its exit status is a thing apart: the system hands it
out once, and somebody else in the caller's program may have asked first.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import PAST_DEADLINE
from ipc_cookbook.crew.report import Failure, Inbox
from ipc_cookbook.crew.resources import what_is_short
from ipc_cookbook.crew.signal_mask import held
from ipc_cookbook.errors import PlayerDied

STATUS_PATIENCE_S = 0.1
"""How long a thread that has got the status may take to note it."""

FORKSERVER_PATIENCE_S = 5.0
"""How long a fork server may take to tell the status."""

NOBODY_KNOWS = 255
"""What :mod:`multiprocessing` and :mod:`asyncio` say themselves where a status is lost."""


class Helper:
    """A process that the transport started, a manager's server say.

    :ivar exitcode: None while it runs, and where its status is unknown.
    """

    def __init__(self, process: BaseProcess, start_method: str, inbox: Inbox) -> None:
        self.process = process
        self.start_method = start_method
        self.inbox = inbox
        self.exitcode: int | None = None
        self.has_ended = False
        self.was_ended = False
        self._end: int | None = None

    @property
    def is_running(self) -> bool:
        return self.process.pid is not None and not self.has_ended

    @property
    def end_of_process(self) -> int:
        """What is ready once the process has ended.

        A sentinel is next best: it stays unready while a process that this one started has a copy
        of it, and it is ready too soon if this one becomes another program.
        """
        if self._end is None:
            self._end = self.process.sentinel
            with suppress(AttributeError, OSError):  # no Linux, an old one, or it is forbidden
                self._end = os.pidfd_open(self.process.pid or 0)
        return self._end

    @property
    def has_ended_itself(self) -> bool:
        return self.has_ended and not self.was_ended

    @property
    def failure(self) -> Failure | None:
        return self.inbox.summary if isinstance(self.inbox.summary, Failure) else None

    @property
    def is_dead(self) -> bool:
        """Whether it has ended as it should not."""
        if self.was_ended or not self.has_ended:
            return False
        return bool(self.failure) or self.exitcode not in (None, 0, PAST_DEADLINE)

    @property
    def failed_at_ns(self) -> int:
        """When it raised an exception; an end without one comes before all of those."""
        return self.failure.at_ns if self.failure else 0

    @property
    def could_be_an_echo(self) -> bool:
        """Whether its end may be but the consequence of something that is about to show.

        A signal that the caller lives on after may have been sent to all of them.
        """
        if self.failure:
            return self.failure.could_be_an_echo
        return self.exitcode is not None and -self.exitcode in held

    def sources(self) -> list[Connection | int]:
        """What to wait for: each is ready when there is something to take note of."""
        if not self.is_running:
            return []
        inbox = [] if self.inbox.connection.closed else [self.inbox.connection]
        return [*inbox, self.end_of_process]

    def take_note(self, ready: Sequence[object]) -> None:
        if self.inbox.connection in ready:
            self.inbox.read_all()
        if self.is_running and self.end_of_process in ready:
            self.note_end()

    def note_end(self) -> None:
        self.inbox.read_all()
        self.exitcode = self.status()
        self.has_ended = True

    def status(self) -> int | None:
        """The exit status of a process that has ended, None if nobody can know.

        Without it :mod:`multiprocessing` would take the process for running, so it is told
        something.
        """
        patience_s = STATUS_PATIENCE_S
        if self.start_method == "forkserver":
            patience_s = FORKSERVER_PATIENCE_S
        elif os.name == "posix" and signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
            patience_s = 0.0
        deadline = time.monotonic() + patience_s
        while (exitcode := self.process.exitcode) is None and time.monotonic() < deadline:
            time.sleep(0.001)
        if exitcode is None:
            self.process._popen.returncode = NOBODY_KNOWS  # type: ignore[attr-defined]
        return exitcode

    def end(self) -> None:
        if not self.is_running:
            return
        if not wait([self.end_of_process], timeout=0):
            self.process.kill()  # of this id there is no other process
            wait([self.end_of_process])
        self.note_end()
        self.was_ended = True

    def close(self) -> None:
        """End it, and give up what is held of it."""
        self.end()
        if self._end is not None and self._end != self.process.sentinel:
            os.close(self._end)
        self.inbox.close()
        self.process.close()

    def death(self) -> PlayerDied:
        name, pid = self.process.name, self.process.pid
        assert pid is not None
        died = PlayerDied(f"{name} (pid {pid}) {self.manner()}", name, pid, self.exitcode)
        if self.failure:
            died.__cause__ = self.failure.exception()
        return died

    def manner(self) -> str:
        """How it ended."""
        return f"raised {self.failure.text}" if self.failure else f"{self.exit()}{self.hint()}"

    def exit(self) -> str:
        if self.exitcode is None:
            return "ended, with a status that somebody else collected"
        if self.exitcode >= 0:
            return f"exited with status {self.exitcode}"
        try:
            return f"was killed by {signal.Signals(-self.exitcode).name}"
        except ValueError:
            return f"was killed by signal {-self.exitcode}"

    def hint(self) -> str:
        """What is short here, or what else most often keeps a new process from beginning."""
        if self.exitcode and self.exitcode > 0 and (short := what_is_short()):
            return f" ({short})"
        if self.start_method == "fork" or self.exitcode != 1:
            return ""
        rule = 'do so under: if __name__ == "__main__":'
        if getattr(sys, "frozen", False):
            rule = "begin with: multiprocessing.freeze_support()"
        return (
            f"; its own error is on standard error (a program that starts processes by "
            f"{self.start_method} must {rule})"
        )


class Player(Helper):
    """A player's process: watched like a helper, and expected to report before it exits."""

    def __init__(
        self, process: BaseProcess, start_method: str, inbox: Inbox, board: Board, number: int
    ) -> None:
        super().__init__(process, start_method, inbox)
        self.board = board
        self.number = number

    @property
    def is_done(self) -> bool:
        """Whether it reported what it was asked for, and then exited by itself."""
        was_killed = self.exitcode is not None and self.exitcode < 0
        return self.has_ended and not was_killed and self.inbox.is_complete and not self.failure

    @property
    def is_dead(self) -> bool:
        return self.has_ended and not self.is_done

    @property
    def words(self) -> int | None:
        """How many it has said, None before it has begun."""
        count = self.board.counters[self.number]
        return None if count < 0 else count

    def manner(self) -> str:
        if self.words is None:
            when = "before it could begin"
        else:
            when = f"after {self.words} {'word' if self.words == 1 else 'words'}"
        if self.failure:
            return f"{super().manner()} {when}"
        return f"{self.exit()} {when}{'' if self.words else self.hint()}"

    def progress(self) -> str:
        """How far it has come."""
        if self.words is None:
            return f"{self.process.name} had not begun"
        return f"{self.process.name} had said {self.words} of its words"
