"""Start the players' processes, watch them, and leave nothing behind.

One place for every mechanism. The caller waits for everything at once: both reports, the
end of any process, Ctrl-C, and the deadline. Whatever comes first decides; then every
process is ended and joined before the caller hears of it.

How the blame is found: a process that ended without a report is the cause. Failing that, it
is the player whose exception came first. An ``EOFError`` or an ``OSError`` is often the echo
of another process's end, so it waits for that to show, :data:`GRACE_S` at most.
"""

from __future__ import annotations

import copy
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import MappingProxyType

from ipc_cookbook.player import Board, Role, run_guarded, run_player
from ipc_cookbook.report import Failure, Inbox
from ipc_cookbook.transport import (
    End,
    PingPongError,
    PingPongTimeout,
    PlayerDied,
    Transport,
)

GRACE_S = 0.25
LONGEST_WAIT_S = 3600.0

_one_start_at_a_time = threading.Lock()


def supervise(
    transport: Transport,
    context: BaseContext,
    roles: dict[str, Role],
    *,
    payload: bytes,
    timeout: float | None,
) -> list[Inbox]:
    """Play two roles in two processes, one at either end of the transport.

    :param roles: the players' names and what they do, the first at the first end.
    :param timeout: seconds until both must be done, None for no limit.
    :returns: the players' complete reports, in the order of the roles.
    :raises PlayerDied: a process ended too early.
    :raises PingPongTimeout: the players were not done in time.
    :raises PingPongError: they could not be started.
    :raises KeyboardInterrupt: Ctrl-C, once everything is ended.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    try:
        start_servers(context)
        with Interrupts() as interrupts, Board(payload) as board, Crew(context, board) as crew:
            with (
                transport.open_pair(crew.context, len(payload)) as ends,
                crew.playing(ends, roles),
            ):
                del ends
                interrupts.admit()
                crew.watch(interrupts.arrived, deadline)
            return [player.inbox for player in crew.players]
    except PingPongTimeout as error:
        raise PingPongTimeout(f"not over after {timeout:g} s: {error}") from None
    except PingPongError:
        raise
    except (OSError, EOFError) as error:
        raise PingPongError(f"the game could not start: {error}") from error


def start_servers(context: BaseContext, *, shield_forkserver: bool = False) -> None:
    """Start what :mod:`multiprocessing` keeps running once it is needed.

    Starting the resource tracker unblocks Ctrl-C, so it comes before :class:`Interrupts`.
    A fork server hands a blocked Ctrl-C on to all that it ever starts, so only a program
    that starts nothing else has its own shielded while it comes up.
    """
    method = context.get_start_method()
    if method != "fork" and os.name == "posix":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()
    if method == "forkserver":
        from multiprocessing import forkserver

        with interrupts_blocked() if shield_forkserver else nullcontext():
            forkserver.ensure_running()


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back, from this thread and from the processes it starts meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Interrupts:
    """Ctrl-C as something to wait for, so that it cannot strike in the middle of a clean-up.

    Held back at first, so that processes started meanwhile never see it; from :meth:`admit`
    on, ``arrived`` is readable once it was pressed. On the way out it is raised as
    :class:`KeyboardInterrupt`. Outside the main thread, or where another handler than
    Python's own is in place, the handling of Ctrl-C is left as it is.
    """

    def __init__(self) -> None:
        self.arrived, self._sender = Pipe(duplex=False)
        self._blocked = ExitStack()
        self._is_ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )

    def __enter__(self) -> Interrupts:
        if self._is_ours:
            signal.signal(signal.SIGINT, lambda *_: self._sender.send_bytes(b""))
        self._blocked.enter_context(interrupts_blocked())
        return self

    def admit(self) -> None:
        self._blocked.close()

    def __exit__(self, *exc_info: object) -> None:
        self.admit()
        if self._is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with self.arrived, self._sender:
            if self.arrived.poll():
                raise KeyboardInterrupt


class Helper:
    """A process of the game: one that the transport started, a manager's server say."""

    def __init__(self, process: BaseProcess) -> None:
        self.process = process
        self.exitcode: int | None = None

    @property
    def is_dead(self) -> bool:
        """Whether it has ended too early."""
        return self.exitcode is not None

    @property
    def failed_at_ns(self) -> int:
        """When it raised an exception; an end without one comes before all of those."""
        return 0

    @property
    def could_be_an_echo(self) -> bool:
        return False

    def sources(self) -> list[Connection | int]:
        """What to wait for: each is ready when there is something to take note of."""
        is_running = self.process.pid is not None and self.exitcode is None
        return [self.process.sentinel] if is_running else []

    def take_note(self, ready: Sequence[object]) -> None:
        if self.sources() and self.process.sentinel in ready:
            self.note_end()

    def note_end(self) -> None:
        self.process.join()
        self.exitcode = self.process.exitcode

    def end(self) -> None:
        if self.sources():
            self.process.kill()
            self.note_end()

    def death(self) -> PlayerDied:
        name, pid, exitcode = self.process.name, self.process.pid, self.exitcode
        assert pid is not None
        assert exitcode is not None
        return PlayerDied(f"{name} (pid {pid}) {self.manner()}", name, pid, exitcode)

    def manner(self) -> str:
        assert self.exitcode is not None
        if self.exitcode >= 0:
            return f"exited with status {self.exitcode}"
        try:
            return f"was killed by {signal.Signals(-self.exitcode).name}"
        except ValueError:
            return f"was killed by signal {-self.exitcode}"


class Player(Helper):
    """A player's process: expected to report, and then to exit with status 0."""

    def __init__(self, process: BaseProcess, inbox: Inbox, board: Board, number: int) -> None:
        super().__init__(process)
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
        return self.exitcode == 0 and self.inbox.is_complete

    @property
    def is_dead(self) -> bool:
        return self.exitcode is not None and not self.is_done

    def sources(self) -> list[Connection | int]:
        if self.inbox.connection.closed:
            return super().sources()
        return [self.inbox.connection, *super().sources()]

    def take_note(self, ready: Sequence[object]) -> None:
        if self.inbox.connection in ready:
            self.inbox.read_message()
        super().take_note(ready)

    def note_end(self) -> None:
        self.inbox.read_all()
        super().note_end()

    def close(self) -> None:
        self.end()
        self.inbox.connection.close()
        self.process.close()

    def manner(self) -> str:
        said = self.board.counters[self.number]
        manner = f"raised {self.failure.text}" if self.failure else super().manner()
        return f"{manner} after {said} words" if said >= 0 else f"{manner} before it could begin"

    def progress(self) -> str:
        said = self.board.counters[self.number]
        return (
            f"{self.process.name} had said {said} words"
            if said >= 0
            else f"{self.process.name} had not begun"
        )

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

    def __init__(self, context: BaseContext, board: Board) -> None:
        self.board = board
        self.players: list[Player] = []
        self.helpers: list[Helper] = []
        self._new_process: Callable[..., BaseProcess] = context.Process  # type: ignore[attr-defined]
        self.context = copy.copy(context)
        self.context.Process = self._new_helper  # type: ignore[attr-defined]

    def _new_helper(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[object] = (),
        kwargs: Mapping[str, object] = MappingProxyType({}),
        *,
        daemon: bool | None = None,
    ) -> BaseProcess:
        guarded = (self.board, target, tuple(args), dict(kwargs))
        process = self._new_process(None, run_guarded, name, guarded, daemon=daemon)
        self.helpers.append(Helper(process))
        return process

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for helper in self.helpers:
            helper.end()

    @contextmanager
    def playing(self, ends: tuple[End, End], roles: dict[str, Role]) -> Iterator[None]:
        """Start a player for every end; afterwards none is left."""
        try:
            for end, (name, role) in zip(ends, roles.items(), strict=True):
                with _one_start_at_a_time:
                    self._start_player(end, name, role)
            yield
        except BaseException:
            for helper in self.helpers:
                helper.end()
            raise
        finally:
            for player in self.players:
                player.close()

    def _start_player(self, end: End, name: str, role: Role) -> None:
        number = len(self.players)
        receiver, sender = Pipe(duplex=False)
        with sender:
            process = self._new_process(
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
        self.players.append(Player(process, Inbox(receiver), self.board, number))

    def watch(self, interrupted: Connection, deadline: float) -> None:
        """Return when every player is done, and raise whatever comes in between.

        :param interrupted: readable once the game is to be given up.
        :param deadline: on the :func:`time.monotonic` clock, in seconds.
        """
        grace_over = float("inf")
        while not all(player.is_done for player in self.players):
            everyone = [*self.players, *self.helpers]
            sources = [source for process in everyone for source in process.sources()]
            patience = min(deadline, grace_over) - time.monotonic()
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
            if now >= deadline:
                raise PingPongTimeout(", ".join(player.progress() for player in self.players))
