"""Start the players' processes, watch them, and leave nothing behind.

One place for every mechanism. The caller waits for everything at once: both reports, the
end of any process, Ctrl-C, and the deadline. Whatever comes first decides; then every
process is ended and joined before the caller hears of it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing.context import BaseContext
from typing import Protocol

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.crew import Crew
from ipc_cookbook.crew.forks import in_every_fork
from ipc_cookbook.crew.interrupts import Interrupts, start_servers
from ipc_cookbook.crew.player import Part
from ipc_cookbook.crew.report import Inbox
from ipc_cookbook.crew.resources import check_descriptors, is_shortage, what_ran_out
from ipc_cookbook.crew.signal_mask import interrupts_blocked
from ipc_cookbook.errors import BadValue, PingPongError, PingPongTimeout, TransportUnavailable
from ipc_cookbook.transport import End

_starting = threading.Lock()
in_every_fork(_starting._at_fork_reinit)  # type: ignore[attr-defined]


class Opening(Protocol):
    """A transport, or one side of it: as many ends as there are players."""

    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> AbstractContextManager[tuple[End, ...]]: ...


def supervise(
    transport: Opening,
    context: BaseContext,
    parts: dict[str, Part],
    *,
    payload: bytes,
    timeout: float | None,
) -> list[Inbox]:
    """Play each part in a process of its own, at its end of the transport.

    :param transport: opens an end for every player.
    :param parts: the players' names and what they do, one or two, the first at the first end.
    :param timeout: seconds until all must be done, None for no limit.
    :returns: the players' complete reports, in the order of the parts.
    :raises PlayerDied: a process ended too early.
    :raises PingPongTimeout: the players were not done in time.
    :raises PingPongError: they could not be started.
    :raises TransportUnavailable: the system lacks what the transport needs.
    :raises ValueError: the transport cannot carry the payload.
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
                    ends = open_ends(game, transport, crew.context, len(payload))
                    with interrupts_blocked():  # to start a resource tracker unblocks them
                        game.enter_context(crew.playing(ends, parts))
                    del ends
                crew.watch(interrupts.arrived)
                with crew.helpers_bounded():
                    game.close()
            return [player.inbox for player in crew.players]
    except PingPongTimeout as error:
        late = PingPongTimeout(f"not over after {timeout:g} s: {error}")
        for note in getattr(error, "__notes__", ()):
            late.add_note(note)
        raise late from None
    except PingPongError:
        raise
    except Exception as error:
        if isinstance(error, OSError | EOFError) or is_shortage(error):
            raise PingPongError(f"the game could not start: {what_ran_out(error)}") from error
        raise


def open_ends(
    game: ExitStack, transport: Opening, context: BaseContext, max_payload: int
) -> tuple[End, ...]:
    """Open a transport for as long as the game goes on; what it refuses is refused as ours."""
    try:
        return game.enter_context(transport.open_pair(context, max_payload))
    except PingPongError:
        raise
    except ValueError as error:
        if max_payload:
            raise BadValue(str(error)) from error
        raise PingPongError(f"the transport cannot be opened: {error}") from error
    except ImportError as error:
        if is_shortage(error):
            raise
        raise TransportUnavailable(f"the transport cannot be opened here: {error}") from error


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
