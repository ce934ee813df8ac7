"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress

from ipc_cookbook.errors import PingPongError


class CannotWrite(PingPongError):
    """A file could not be written after all."""


def check_target(path: str, suffixes: Iterable[str] = ()) -> None:
    """See whether the file can be written, without a trace of it.

    :param suffixes: what its name may end in, none for anything.
    :raises ValueError: it cannot.
    """
    allowed = tuple(suffixes)
    if allowed and not path.lower().endswith(allowed):
        raise ValueError(f"{path} must end in {', '.join(allowed)}")
    if not os.path.basename(path):
        raise ValueError(f"{path!r} is not the name of a file")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise ValueError(f"cannot write {path}: it is there and is no file")
    try:
        with suppress(FileNotFoundError):
            os.stat(path)  # not so if the name is too long
        with tempfile.TemporaryFile(dir=folder_of(path)):
            pass
        if os.path.exists(path):
            with open(path, "ab"):
                pass
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None


def write_whole(path: str, content: str | bytes) -> None:
    """Write a new file beside the old one, and put it in its place when it is complete."""
    data = content.encode() if isinstance(content, str) else content
    temporary = os.path.join(folder_of(path), f".ipc_cookbook-{os.getpid()}.new")
    try:
        try:
            with open(temporary, "xb") as file:
                file.write(data)
            os.replace(temporary, os.path.realpath(path))
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}") from None


def folder_of(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))
