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

ROOM_FOR_NAMES = 16
"""For those of a folder and of a socket in it, in bytes."""

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
        return path_hint(tempfile.gettempdir())
    if isinstance(error, EOFError) and getattr(sys, "frozen", False):
        return "a frozen program must begin with: multiprocessing.freeze_support()"
    if number == errno.ENOENT and is_nowhere():
        return "the current folder has been removed"
    hints = [LIMITS.get(number, "")] if isinstance(number, int) else []
    if isinstance(error, OSError):
        hints.append(what_is_wrong_with_places())
    return "; ".join(filter(None, hints))


def what_is_short() -> str:
    """What may have ended a program that does not say it to us; nothing if all looks well."""
    folder = tempfile.tempdir
    is_long = folder and len(os.fsencode(folder)) + ROOM_FOR_NAMES > LONGEST_SOCKET_PATH
    hints = [what_is_wrong_with_places(), path_hint(folder) if folder and is_long else ""]
    return "; ".join(filter(None, hints))


def what_is_wrong_with_places() -> str:
    places = filter(None, (SHARED_MEMORY, tempfile.tempdir))
    return "; ".join(filter(None, map(place_hint, places)))


def path_hint(folder: str) -> str:
    return (
        f"the path of a Unix socket has {LONGEST_SOCKET_PATH} bytes at most, and TMPDIR alone, "
        f"{folder}, has {len(os.fsencode(folder))}"
    )


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
