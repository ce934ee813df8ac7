"""Check what a caller passes in, before anything starts.

Every function names the argument and what is allowed in its error.
"""

import multiprocessing
import operator
import os
import re
import sys
import threading
from multiprocessing.context import BaseContext
from typing import NamedTuple, SupportsIndex

from ipc_cookbook.errors import BadType, BadValue, PingPongError

LONGEST_S = threading.TIMEOUT_MAX
LARGEST_SIZE = 1024**3


class Game(NamedTuple):
    """What a caller wants to be played.

    :ivar delay: in seconds.
    :ivar timeout: in seconds, None for no limit.
    :ivar context: starts the players.
    """

    tokens: int
    payload: bytes
    delay: float
    timeout: float | None
    context: BaseContext


def check_game(
    tokens: object, payload: object, delay: object, timeout: object, start_method: str | None
) -> Game:
    """What :func:`~ipc_cookbook.run_pingpong` and ``play_remote`` have in common."""
    game = Game(
        whole_number("tokens", tokens),
        as_bytes("payload", payload),
        seconds("delay", delay),
        None if timeout is None else seconds("timeout", timeout),
        multiprocessing.get_context(choose_start_method(start_method)),
    )
    check_caller(game.context.get_start_method())
    return game


def whole_number(argument: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise BadType(f"{argument} must be a whole number, not {value!r}")
    number = operator.index(value)
    if number < 0:
        raise BadValue(f"{argument} must be 0 or more, not {number}")
    if number > sys.maxsize:
        raise BadValue(f"{argument} must be at most {sys.maxsize}, not {number}")
    return number


def parse_size(text: str) -> int:
    """The number of bytes that ``text`` stands for: ``"4096"``, ``"64KiB"``, ``"1M"``.

    A K is 1024 bytes, an M is 1024 K, a G is 1024 M, with or without ``iB``.

    :raises ValueError: it is none, or more than :data:`LARGEST_SIZE`.
    """
    match = re.fullmatch(r"(\d+)(?:([KMG])(?:iB)?|B)?", text.strip(), flags=re.IGNORECASE)
    if not match:
        raise BadValue(f"must be a size such as 4096, 64KiB, or 1MiB, not {text!r}")
    digits, unit = match.groups()
    size: int = int(digits) * 1024 ** " KMG".index((unit or " ").upper())
    if size > LARGEST_SIZE:
        raise BadValue(f"must be at most {LARGEST_SIZE // 1024**3}GiB, not {text}")
    return size


def as_bytes(argument: str, value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise BadType(f"{argument} must be bytes, not {type(value).__name__}")
    return bytes(value)


def seconds(argument: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadType(f"{argument} must be a number of seconds, not {value!r}")
    if not 0 <= value <= LONGEST_S:
        raise BadValue(f"{argument} must be between 0 and {LONGEST_S:.0f} seconds, not {value}")
    return float(value)


def choose_start_method(start_method: str | None) -> str:
    """The start method to use, without fixing the process-wide one as a side effect."""
    available = multiprocessing.get_all_start_methods()
    if start_method is None:
        return multiprocessing.get_start_method(allow_none=True) or available[0]
    if start_method not in available:
        raise BadValue(
            f"start_method must be one of {', '.join(available)} here, not {start_method!r}"
        )
    return start_method


def check_caller(start_method: str) -> None:
    """Refuse where no player could be started, and say why."""
    process = multiprocessing.current_process()
    if process.daemon:
        raise PingPongError(
            f"{process.name} is a daemonic process, a Pool worker say, and may not start any "
            "other; call run_pingpong from a process that is not daemonic"
        )
    if start_method == "fork":
        return
    if getattr(process, "_inheriting", False):
        raise PingPongError(
            f"{start_method} imports the main module again for its processes, and this one "
            'plays as it is imported; put the call under: if __name__ == "__main__":'
        )
    if getattr(sys, "frozen", False) and is_meant_for_multiprocessing(sys.argv):
        raise PingPongError(
            f"{start_method} starts this program again for every new process, and here it takes "
            "itself for the first one; a frozen program must begin with: "
            "multiprocessing.freeze_support()"
        )
    if (file := file_to_import_again()) and not os.path.exists(file):
        raise PingPongError(
            f"{start_method} imports the main module again for its processes, and there is "
            f"no file {file}; save the program as a file, or use start_method='fork'"
        )


def is_meant_for_multiprocessing(argv: list[str]) -> bool:
    """Whether :mod:`multiprocessing` started a frozen program, to be one of its processes."""
    return "--multiprocessing-fork" in argv[1:2] or argv[-1].startswith("from multiprocessing.")


def file_to_import_again() -> str | None:
    """The main module's file, where :mod:`multiprocessing` reads it again; None elsewhere.

    What was found by its name, in a zip application say, is found by it again. A frozen program
    has its main module in every process.
    """
    main = sys.modules["__main__"]
    has_name = getattr(main, "__spec__", None) is not None
    return None if has_name or getattr(sys, "frozen", False) else getattr(main, "__file__", None)
