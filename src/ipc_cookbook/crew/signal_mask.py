"""Ctrl-C, held back for a moment. It can come first: it imports what is built in, and no more."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # signal itself takes milliseconds to import


class interrupts_blocked:  # noqa: N801
    """Hold Ctrl-C back, from this thread and from the processes it starts meanwhile.

    An import needs it, too: Python can lose a Ctrl-C in the middle of one.
    """

    def __enter__(self) -> None:
        if hasattr(_signal, "pthread_sigmask"):
            self.mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGINT})

    def __exit__(self, *exc_info: object) -> None:
        if hasattr(_signal, "pthread_sigmask"):
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)
