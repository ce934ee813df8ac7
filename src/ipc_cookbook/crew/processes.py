"""The processes of a game, as the caller sees them: running, ended, or dead too early."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import PAST_DEADLINE
from ipc_cookbook.crew.report import Failure, Inbox
from ipc_cookbook.errors import PlayerDied


class Helper:
    """A process that the transport started, a manager's server say."""

    def __init__(self, process: BaseProcess, start_method: str) -> None:
        self.process = process
        self.start_method = start_method
        self.exitcode: int | None = None
        self.was_ended = False

    @property
    def is_running(self) -> bool:
        return self.process.pid is not None and self.exitcode is None and not self.was_ended

    @property
    def is_dead(self) -> bool:
        """Whether it has ended as it should not."""
        return self.exitcode not in (None, 0, PAST_DEADLINE)

    @property
    def failed_at_ns(self) -> int:
        """When it raised an exception; an end without one comes before all of those."""
        return 0

    @property
    def could_be_an_echo(self) -> bool:
        return False

    def sources(self) -> list[Connection | int]:
        """What to wait for: each is ready when there is something to take note of."""
        return [self.process.sentinel] if self.is_running else []

    def take_note(self, ready: Sequence[object]) -> None:
        if self.is_running and self.process.sentinel in ready:
            self.note_end()

    def note_end(self) -> None:
        self.join()
        self.exitcode = self.process.exitcode

    def join(self) -> None:
        """Wait for the end; if another thread has it in hand, until it knows the status."""
        self.process.join()
        while self.process.exitcode is None:
            time.sleep(0.001)

    def end(self) -> None:
        if self.is_running:
            self.process.kill()
            self.join()
            self.was_ended = True

    def death(self) -> PlayerDied:
        name, pid, exitcode = self.process.name, self.process.pid, self.exitcode
        assert pid is not None
        assert exitcode is not None
        return PlayerDied(f"{name} (pid {pid}) {self.manner()}", name, pid, exitcode)

    def manner(self) -> str:
        """How it ended."""
        return f"{self.exit()}{self.hint()}"

    def exit(self) -> str:
        assert self.exitcode is not None
        if self.exitcode >= 0:
            return f"exited with status {self.exitcode}"
        try:
            return f"was killed by {signal.Signals(-self.exitcode).name}"
        except ValueError:
            return f"was killed by signal {-self.exitcode}"

    def hint(self) -> str:
        """What most often keeps a new process from beginning."""
        if self.start_method == "fork" or self.exitcode != 1:
            return ""
        return (
            f"; its own error is on standard error (a program that starts processes by "
            f'{self.start_method} must do so under: if __name__ == "__main__":)'
        )


class Player(Helper):
    """A player's process: watched like a helper, and expected to report before it exits."""

    def __init__(
        self, process: BaseProcess, start_method: str, inbox: Inbox, board: Board, number: int
    ) -> None:
        super().__init__(process, start_method)
        self.inbox = inbox
        self.board = board
        self.number = number

    @property
    def failure(self) -> Failure | None:
        return self.inbox.summary if isinstance(self.inbox.summary, Failure) else None

    @property
    def failed_at_ns(self) -> int:
        return self.failure.at_ns if self.failure else 0

    @property
    def could_be_an_echo(self) -> bool:
        return self.failure is not None and self.failure.could_be_an_echo

    @property
    def is_done(self) -> bool:
        """Whether it reported what it was asked for, and then exited by itself."""
        has_exited = self.exitcode is not None and self.exitcode >= 0
        return has_exited and self.inbox.is_complete and not self.failure

    @property
    def is_dead(self) -> bool:
        return self.exitcode is not None and not self.is_done

    def sources(self) -> list[Connection | int]:
        if self.inbox.connection.closed:
            return super().sources()
        return [self.inbox.connection, *super().sources()]

    def take_note(self, ready: Sequence[object]) -> None:
        if self.inbox.connection in ready:
            self.inbox.read_all()
        super().take_note(ready)

    def note_end(self) -> None:
        self.inbox.read_all()
        super().note_end()

    def close(self) -> None:
        self.end()
        self.inbox.connection.close()
        self.process.close()

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
            return f"raised {self.failure.text} {when}"
        return f"{self.exit()} {when}{'' if self.words else self.hint()}"

    def progress(self) -> str:
        """How far it has come."""
        if self.words is None:
            return f"{self.process.name} had not begun"
        return f"{self.process.name} had said {self.words} of its words"

    def death(self) -> PlayerDied:
        error = super().death()
        if self.failure:
            error.__cause__ = self.failure.exception()
        return error
