"""Ctrl-C and a game: the caller alone hears of it, and never in the middle of a clean-up."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from multiprocessing.connection import Pipe
from multiprocessing.context import BaseContext

program_is_ours = False
"""Whether the program starts no processes but a game's; the command line says so."""


def start_servers(context: BaseContext) -> None:
    """Start what :mod:`multiprocessing` keeps running once it is needed.

    Starting the resource tracker unblocks Ctrl-C, so it comes before :class:`Interrupts`.
    A fork server hands a blocked Ctrl-C on to all that it ever starts, so it is shielded
    while it comes up only where it starts nothing but players.
    """
    method = context.get_start_method()
    if method != "fork" and os.name == "posix":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()
    if method == "forkserver":
        from multiprocessing import forkserver

        with interrupts_blocked() if program_is_ours else nullcontext():
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
