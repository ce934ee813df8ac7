"""Ctrl-C and a game: the caller alone hears of it, and never in the middle of a clean-up."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import nullcontext
from multiprocessing.connection import Pipe
from multiprocessing.context import BaseContext

from ipc_cookbook.crew.signal_mask import interrupts_blocked

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


class Interrupts:
    """Ctrl-C as something to wait for, so that it cannot strike in the middle of a clean-up.

    ``arrived`` is readable once it was pressed. On the way out it is raised as
    :class:`KeyboardInterrupt`. Outside the main thread, or where another handler than
    Python's own is in place, the handling of Ctrl-C is left as it is.
    """

    def __init__(self) -> None:
        self.arrived, self._sender = Pipe(duplex=False)
        self._is_ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )

    def __enter__(self) -> Interrupts:
        if self._is_ours:
            signal.signal(signal.SIGINT, lambda *_: self._sender.send_bytes(b""))
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with self.arrived, self._sender:
            if self.arrived.poll():
                raise KeyboardInterrupt
