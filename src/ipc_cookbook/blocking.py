"""Ctrl-C, held back for a moment. Imports next to nothing, so that it can come first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back, from this thread and from the processes it starts meanwhile.

    An import needs it, too: Python can lose a Ctrl-C in the middle of one.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
