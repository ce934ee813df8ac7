"""The signals that end a program, held back for a moment, or made to end it in good order.

This module can come first: it imports what is built in, and no more.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # signal itself takes milliseconds to import

program_is_ours = False
"""Whether the program starts no processes but a game's; the command line says so."""

held = {_signal.SIGINT}
"""The signals that :class:`interrupts_blocked` holds back: Ctrl-C, and what was taken over."""


ENDINGS = {
    number: name for name in ("SIGTERM", "SIGHUP") if (number := getattr(_signal, name, None))
}


class Terminated(KeyboardInterrupt):
    """A signal that ends the program, as Ctrl-C does.

    :ivar number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {ENDINGS[number]}")
        self.number = number


def terminate(number: int, frame: object) -> None:
    """A signal handler.

    :raises Terminated: always.
    """
    raise Terminated(number)


def take_over_endings() -> None:
    """Let SIGTERM and SIGHUP end this program as Ctrl-C does, unless something else is in place."""
    for number in ENDINGS:
        if _signal.getsignal(number) == _signal.SIG_DFL:
            _signal.signal(number, terminate)
            held.add(number)


def give_back_endings() -> None:
    """Let them end a process that is another one's to look after, as they always did."""
    for number in ENDINGS:
        if number in held:
            _signal.signal(number, _signal.SIG_DFL)
        if hasattr(_signal, "pthread_sigmask"):  # it may have been started while they were held
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {number})


class signals_blocked:  # noqa: N801
    """Hold signals back, from this thread, and from what it starts meanwhile for good."""

    def __init__(self, numbers: set[int]) -> None:
        self.numbers = numbers

    def __enter__(self) -> None:
        if hasattr(_signal, "pthread_sigmask"):
            self.mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, self.numbers)

    def __exit__(self, *exc_info: object) -> None:
        if hasattr(_signal, "pthread_sigmask"):
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)


class interrupts_blocked(signals_blocked):  # noqa: N801
    """Hold Ctrl-C back, from this thread and from the processes it starts meanwhile.

    An import needs it, too: Python can lose a Ctrl-C in the middle of one.
    """

    def __init__(self) -> None:
        super().__init__(held)
