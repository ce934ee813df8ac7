"""Nothing left to start a game with: find out before it starts, and say what it was."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from contextlib import ExitStack
from multiprocessing.connection import Pipe

from ipc_cookbook.surroundings import OUT_OF_MEMORY, is_lack_of_memory

ENOUGH_DESCRIPTORS = 40
SHARED_MEMORY = "/dev/shm"
LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
"""In bytes: ``sun_path`` has 104 and 108, the last one for a NUL."""

LIMITS = {
    errno.EMFILE: "no file descriptors left, see ulimit -n",
    errno.EAGAIN: "no more processes allowed, see ulimit -u",
    errno.ENOMEM: "see ulimit -v",
    errno.EFBIG: "no larger files allowed, see ulimit -f",
    errno.ENETUNREACH: "is the loopback interface up?",
}
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM, errno.EFBIG, errno.ENOSPC}
NO_THREAD = "can't start new thread"


def what_ran_out(error: BaseException) -> str:
    """What ran out or is missing, in words."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return reason + in_brackets(hint(error))


def in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def is_shortage(error: BaseException) -> bool:
    """Whether the system had no more of something to give, whoever asked for it."""
    number = getattr(error, "errno", None)
    return number in SHORTAGES or NO_THREAD in str(error) or is_lack_of_memory(error)


def hint(error: BaseException) -> str:
    """What to look at, as far as that can be seen from here; nothing if it cannot."""
    number = getattr(error, "errno", None)
    if NO_THREAD in str(error):
        return "no more threads allowed, see ulimit -u and ulimit -v"
    if is_lack_of_memory(error):
        number = errno.ENOMEM
    if number == errno.ENAMETOOLONG or str(error) == "AF_UNIX path too long":
        folder = tempfile.gettempdir()
        return (
            f"the path of a Unix socket has {LONGEST_SOCKET_PATH} bytes at most, and TMPDIR alone, "
            f"{folder}, has {len(os.fsencode(folder))}"
        )
    if isinstance(error, EOFError) and getattr(sys, "frozen", False):
        return "a frozen program must begin with: multiprocessing.freeze_support()"
    if number == errno.ENOENT and is_nowhere():
        return "the current folder has been removed"
    hints = [LIMITS.get(number, "")] if isinstance(number, int) else []
    if isinstance(error, OSError):
        hints += [place_hint(place) for place in (SHARED_MEMORY, tempfile.tempdir) if place]
    return "; ".join(filter(None, hints))


def is_nowhere() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def check_descriptors() -> None:
    """Raise :class:`OSError` if there are too few descriptors left for a game.

    :mod:`multiprocessing` leaves some open when they run out in the middle of a start.
    """
    with ExitStack() as opened:
        for _ in range(ENOUGH_DESCRIPTORS // 2):
            for end in Pipe(duplex=False):
                opened.enter_context(end)


def room_in(folder: str) -> int:
    """How many bytes can be written there; none if there is no such folder."""
    try:
        system = os.statvfs(folder)
    except OSError:
        return 0
    return system.f_bavail * system.f_frsize


def place_hint(folder: str) -> str:
    """What is wrong with a folder that semaphores or sockets are kept in, if anything."""
    if not os.path.isdir(folder):
        return f"{folder} is missing" if sys.platform == "linux" else ""
    if not os.access(folder, os.W_OK):
        return f"{folder} is not writable"
    if os.name == "posix" and room_in(folder) == 0:
        return f"{folder} is full"
    return ""
