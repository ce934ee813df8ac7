"""All processes of one game: started together, watched together, and none of them left.

How the blame is found: a process that ended without a report is the cause. Failing that, it
is the player whose exception came first. An ``EOFError`` or an ``OSError`` is often the echo
of another process's end, so it waits for that to show, :data:`GRACE_S` at most.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import LONGEST_WAIT_S
from ipc_cookbook.crew.helpers import Note, Run, context_for_helpers, run_helper
from ipc_cookbook.crew.late_look import LEAD_S, why_it_hangs
from ipc_cookbook.crew.memory import context_with_room
from ipc_cookbook.crew.player import Part, run_player
from ipc_cookbook.crew.processes import Helper, Player
from ipc_cookbook.crew.report import Inbox
from ipc_cookbook.errors import PingPongError, PingPongTimeout
from ipc_cookbook.transport import End

GRACE_S = 0.25


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
        self.context = context_for_helpers(
            context_with_room(context), preparing(self.helpers, context, board, deadline)
        )

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        is_echo = isinstance(error, OSError | EOFError) and not isinstance(error, PingPongError)
        dead = self._dead_helpers(GRACE_S if is_echo else 0.0)
        self.end_helpers()
        try:
            if is_echo:
                if time.monotonic() >= self.deadline:
                    raise PingPongTimeout("the transport was still opening") from error
                if dead:
                    raise dead[0].death() from error
        finally:
            for helper in self.helpers:
                helper.close()

    def _dead_helpers(self, patience_s: float) -> list[Helper]:
        running = [helper.end_of_process for helper in self.helpers if helper.is_running]
        ready = wait(running, timeout=patience_s) if running else []
        for helper in self.helpers:
            helper.take_note(ready)
        return [helper for helper in self.helpers if helper.is_dead or helper.has_ended_itself]

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
    def playing(self, ends: tuple[End, ...], parts: dict[str, Part]) -> Iterator[None]:
        """Start a player for every end; afterwards none is left."""
        try:
            for end, (name, part) in zip(ends, parts.items(), strict=True):
                self._start_player(end, name, part)
            yield
        except BaseException:
            self.end_helpers()
            raise
        finally:
            for player in self.players:
                player.close()

    def _start_player(self, end: End, name: str, part: Part) -> None:
        number = len(self.players)
        method = self._original.get_start_method()
        receiver, sender = Pipe(duplex=False)
        with sender:
            process: BaseProcess = self._original.Process(  # type: ignore[attr-defined]
                target=run_player,
                name=name,
                args=(self.board, number, part, end, sender),
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
        grace_over, why = math.inf, None
        is_long = self.deadline - time.monotonic() > 2 * LEAD_S
        look_at = self.deadline - LEAD_S if is_long else math.inf
        while not all(player.is_done for player in self.players):
            everyone = [*self.players, *self.helpers]
            sources = [source for process in everyone for source in process.sources()]
            patience = min(self.deadline, grace_over, look_at) - time.monotonic()
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
                    raise self._cause_of(first).death()
                grace_over = min(grace_over, now + GRACE_S)
            if now >= look_at:
                look_at, why = math.inf, self._why_it_hangs()
            if now >= self.deadline:
                late = PingPongTimeout(", ".join(player.progress() for player in self.players))
                if why is not None:
                    late.add_note(why)
                raise late

    def _why_it_hangs(self) -> str | None:
        """A line on who waits for whom, if somebody hangs and that can be seen."""
        everyone = [*self.players, *self.helpers]
        return why_it_hangs([each.process.pid or 0 for each in everyone if each.is_running])

    def _cause_of(self, death: Helper) -> Helper:
        """The process itself, unless it may be the echo of a helper's end.

        Whatever its status says: no helper ends in mid-game.
        """
        if not death.could_be_an_echo:
            return death
        return next((helper for helper in self.helpers if helper.has_ended_itself), death)


def preparing(
    helpers: list[Helper], context: BaseContext, board: Board, deadline: float
) -> Callable[[], tuple[Run, Note]]:
    """Tells how to take in a process that a transport starts, without keeping the crew alive."""
    method = context.get_start_method()

    def new_helper() -> tuple[Run, Note]:
        receiver, sender = Pipe(duplex=False)
        inbox = Inbox(receiver, sender)  # the process may start at any time, or never

        def note(process: BaseProcess) -> None:
            helpers.append(Helper(process, method, inbox))

        return functools.partial(run_helper, board, deadline, sender), note

    return new_helper
