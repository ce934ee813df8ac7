"""Ctrl-C and a game: the caller alone hears of it, and never in the middle of a clean-up."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import nullcontext
from multiprocessing.connection import Pipe
from multiprocessing.context import BaseContext

from ipc_cookbook.crew import signal_mask
from ipc_cookbook.crew.forks import forget_fork_server
from ipc_cookbook.crew.signal_mask import held, interrupts_blocked, terminate


def start_servers(context: BaseContext) -> None:
    """Start what :mod:`multiprocessing` keeps running once it is needed.

    Starting the resource tracker unblocks Ctrl-C, so it comes before :class:`Interrupts`.
    What is held back while they come up, they never hear of, and nor does what a fork server
    starts: so it is held back only where that is nothing but players.
    """
    shield = interrupts_blocked if signal_mask.program_is_ours else nullcontext
    method = context.get_start_method()
    if method != "fork" and os.name == "posix":
        from multiprocessing import resource_tracker

        with shield():
            resource_tracker.ensure_running()
    if method == "forkserver":
        from multiprocessing import forkserver

        with shield():
            try:
                forkserver.ensure_running()
            except ChildProcessError:  # it is not ours, or somebody else has seen its end
                forget_fork_server()
                forkserver.ensure_running()


class Interrupts:
    """Ctrl-C as something to wait for, so that it cannot strike in the middle of a clean-up.

    ``arrived`` is readable once it was pressed. On the way out it is raised as
    :class:`KeyboardInterrupt`. Outside the main thread, or where another handler than
    Python's own is in place, the handling of Ctrl-C is left as it is. What the command line has
    taken over is treated alike.
    """

    def __init__(self) -> None:
        self.arrived, self._sender = Pipe(duplex=False)
        self._handlers = {}
        if threading.current_thread() is threading.main_thread():
            handlers = {number: signal.getsignal(number) for number in held}
            ours = (signal.default_int_handler, terminate)
            self._handlers = {number: each for number, each in handlers.items() if each in ours}

    def __enter__(self) -> Interrupts:
        for number in self._handlers:
            signal.signal(number, lambda number, _: self._sender.send_bytes(bytes([number])))
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        with self.arrived, self._sender:
            if self.arrived.poll():
                number = self.arrived.recv_bytes()[0]
                self._handlers[number](number, None)
