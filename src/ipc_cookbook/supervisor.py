"""Start the players' processes, watch them, and leave nothing behind.

One place for every mechanism. The caller waits for everything at once: both reports, the
end of any process, Ctrl-C, and the deadline. Whatever comes first decides; then every
process is ended and joined before the caller hears of it.

How the blame is found: a process that ended without a report is the cause. Failing that, it
is the player whose exception came first. An ``EOFError`` or an ``OSError`` is often the echo
of another process's end, so it waits for that to show, :data:`GRACE_S` at most.
"""

from __future__ import annotations

import functools
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Protocol

from ipc_cookbook.blocking import interrupts_blocked
from ipc_cookbook.helpers import running_helpers
from ipc_cookbook.interrupts import Interrupts, start_servers
from ipc_cookbook.player import LONGEST_WAIT_S, PAST_DEADLINE, Board, Role, run_helper, run_player
from ipc_cookbook.report import Failure, Inbox
from ipc_cookbook.shortage import check_descriptors, shortage
from ipc_cookbook.transport import (
    End,
    PingPongError,
    PingPongTimeout,
    PlayerDied,
)

GRACE_S = 0.25

_starting = threading.Lock()


class Opening(Protocol):
    """A transport, or one side of it: as many ends as there are roles."""

    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> AbstractContextManager[tuple[End, ...]]: ...


def supervise(
    transport: Opening,
    context: BaseContext,
    roles: dict[str, Role],
    *,
    payload: bytes,
    timeout: float | None,
) -> list[Inbox]:
    """Play each role in a process of its own, at its end of the transport.

    :param transport: opens an end for every role.
    :param roles: the players' names and what they do, one or two, the first at the first end.
    :param timeout: seconds until all must be done, None for no limit.
    :returns: the players' complete reports, in the order of the roles.
    :raises PlayerDied: a process ended too early.
    :raises PingPongTimeout: the players were not done in time.
    :raises PingPongError: they could not be started.
    :raises KeyboardInterrupt: Ctrl-C, once everything is ended.
    """
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    try:
        check_descriptors()
        start_servers(context)
        with (
            Interrupts() as interrupts,
            Board(payload) as board,
            Crew(context, board, deadline) as crew,
        ):
            with ExitStack() as game:
                with interrupts_blocked(), one_start_at_a_time(deadline):
                    ends = game.enter_context(transport.open_pair(crew.context, len(payload)))
                    game.enter_context(crew.playing(ends, roles))
                    del ends
                crew.watch(interrupts.arrived)
                with crew.helpers_bounded():
                    game.close()
            return [player.inbox for player in crew.players]
    except PingPongTimeout as error:
        raise PingPongTimeout(f"not over after {timeout:g} s: {error}") from None
    except PingPongError:
        raise
    except (OSError, EOFError) as error:
        raise PingPongError(f"the game could not start: {shortage(error)}") from error


@contextmanager
def one_start_at_a_time(deadline: float) -> Iterator[None]:
    """Let no other thread fork in the middle of a start.

    Its process would keep the pipes open that tell of a player's end.
    """
    rest_s = min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)
    if not _starting.acquire(timeout=rest_s):
        raise PingPongTimeout("another game was still starting")
    try:
        yield
    finally:
        _starting.release()


class Helper:
    """A process of the game: one that the transport started, a manager's server say."""

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


def noting(helpers: list[Helper], context: BaseContext) -> Callable[[BaseProcess], None]:
    """Tells how to take in a process that a transport starts, without keeping the crew alive."""
    return lambda process: helpers.append(Helper(process, context.get_start_method()))


class Player(Helper):
    """A player's process: expected to report, and then to exit."""

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


class Crew:
    """All processes of one game.

    ``context`` is the :mod:`multiprocessing` context for the transport: a process that the
    transport starts through it is guarded and watched like a player.
    """

    def __init__(self, context: BaseContext, board: Board, deadline: float) -> None:
        self.board = board
        self.deadline = deadline
        self.players: list[Player] = []
        self.helpers: list[Helper] = []
        self._original = context
        self.context = running_helpers(
            context, functools.partial(run_helper, board, deadline), noting(self.helpers, context)
        )

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        dead = self._dead_helpers()
        self.end_helpers()
        try:
            if isinstance(error, OSError | EOFError) and not isinstance(error, PingPongError):
                if time.monotonic() >= self.deadline:
                    raise PingPongTimeout("the transport was still opening") from error
                if dead:
                    raise dead[0].death() from error
        finally:
            for helper in self.helpers:
                helper.process.close()

    def _dead_helpers(self) -> list[Helper]:
        running = [helper.process.sentinel for helper in self.helpers if helper.is_running]
        ready = wait(running, timeout=0)
        for helper in self.helpers:
            helper.take_note(ready)
        return [helper for helper in self.helpers if helper.is_dead]

    def end_helpers(self) -> None:
        for helper in self.helpers:
            helper.end()

    @contextmanager
    def helpers_bounded(self) -> Iterator[None]:
        """While the transport closes: a helper that is stopped cannot end itself in time."""
        if not self.helpers:
            yield
            return
        rest_s = min(max(0.0, self.deadline - time.monotonic()), threading.TIMEOUT_MAX)
        timer = threading.Timer(rest_s, self.end_helpers)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
        if any(helper.was_ended for helper in self.helpers):
            raise PingPongTimeout("the transport was still closing")

    @contextmanager
    def playing(self, ends: tuple[End, ...], roles: dict[str, Role]) -> Iterator[None]:
        """Start a player for every end; afterwards none is left."""
        try:
            for end, (name, role) in zip(ends, roles.items(), strict=True):
                self._start_player(end, name, role)
            yield
        except BaseException:
            self.end_helpers()
            raise
        finally:
            for player in self.players:
                player.close()

    def _start_player(self, end: End, name: str, role: Role) -> None:
        number = len(self.players)
        method = self._original.get_start_method()
        receiver, sender = Pipe(duplex=False)
        with sender:
            process: BaseProcess = self._original.Process(  # type: ignore[attr-defined]
                target=run_player,
                name=name,
                args=(self.board, number, role, end, sender),
                daemon=True,
            )
            try:
                process.start()
            except BaseException:
                receiver.close()
                raise
        self.players.append(Player(process, method, Inbox(receiver), self.board, number))

    def watch(self, interrupted: Connection) -> None:
        """Return when every player is done, and raise whatever comes in between.

        :param interrupted: readable once the game is to be given up.
        """
        grace_over = math.inf
        while not all(player.is_done for player in self.players):
            everyone = [*self.players, *self.helpers]
            sources = [source for process in everyone for source in process.sources()]
            patience = min(self.deadline, grace_over) - time.monotonic()
            ready = wait([interrupted, *sources], max(0, min(patience, LONGEST_WAIT_S)))
            if interrupted in ready:
                raise KeyboardInterrupt
            for process in everyone:
                process.take_note(ready)
            now = time.monotonic()
            dead = [process for process in everyone if process.is_dead]
            if dead:
                first = min(dead, key=lambda process: process.failed_at_ns)
                if now >= grace_over or not first.could_be_an_echo:
                    raise first.death()
                grace_over = min(grace_over, now + GRACE_S)
            if now >= self.deadline:
                raise PingPongTimeout(", ".join(player.progress() for player in self.players))
