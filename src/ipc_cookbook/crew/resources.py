"""Nothing left to start a game with: find out before it starts, and say what it was."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from contextlib import ExitStack
from multiprocessing.connection import Pipe

ENOUGH_DESCRIPTORS = 40


def what_ran_out(error: OSError | EOFError) -> str:
    """What ran out or is missing, in words."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    number = getattr(error, "errno", None)
    hints = [place_hint(place) for place in ("/dev/shm", tempfile.tempdir) if place]
    if number == errno.EMFILE:
        hints.append("no file descriptors left, see ulimit -n")
    if number == errno.EAGAIN:
        hints.append("no more processes allowed, see ulimit -u")
    return f"{reason} ({'; '.join(filter(None, hints))})" if any(hints) else reason


def check_descriptors() -> None:
    """Raise :class:`OSError` if there are too few descriptors left for a game.

    :mod:`multiprocessing` leaves some open when they run out in the middle of a start.
    """
    with ExitStack() as opened:
        for _ in range(ENOUGH_DESCRIPTORS // 2):
            for end in Pipe(duplex=False):
                opened.enter_context(end)


def place_hint(folder: str) -> str:
    """What is wrong with a folder that semaphores or sockets are kept in, if anything."""
    if not os.path.isdir(folder):
        return f"{folder} is missing" if sys.platform == "linux" else ""
    if not os.access(folder, os.W_OK):
        return f"{folder} is not writable"
    if os.name == "posix" and os.statvfs(folder).f_bavail == 0:
        return f"{folder} is full"
    return ""
