"""Files that appear whole, wherever a file can be replaced; and whose content is never lost."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack, suppress

from ipc_cookbook.errors import BadValue, PingPongError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CannotWrite(PingPongError):
    """A file could not be written after all."""


def check_target(path: str, suffixes: Iterable[str] = ()) -> None:
    """See whether the file can be written, without a trace of it.

    :param suffixes: what its name may end in, none for anything.
    :raises ValueError: it cannot.
    """
    allowed = tuple(suffixes)
    if allowed and not path.lower().endswith(allowed):
        raise BadValue(f"{path} must end in {', '.join(allowed)}")
    if not os.path.basename(path):
        raise BadValue(f"{path!r} is not the name of a file")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise BadValue(f"cannot write {path}: it is there and is no file")
    try:
        with suppress(FileNotFoundError):
            os.stat(path)  # not so if the name is too long
        if os.path.exists(path):
            os.close(os.open(path, os.O_WRONLY))  # which is not so if all one may is append
        else:
            with tempfile.TemporaryFile(dir=folder_of(path)):
                pass
    except OSError as error:
        raise BadValue(f"cannot write {path}: {error.strerror}") from None


def write_whole(path: str, content: str | bytes) -> str | None:
    """Write a new file beside the old one, and put it in its place when it is complete.

    Some files cannot be replaced: what is mounted over, or is somebody else's in a folder like
    ``/tmp``. Such a one is written over.

    :returns: a remark on that, None if there is nothing to be said.
    :raises CannotWrite: the file could not be written. The message says where its content is.
    """
    data = content.encode() if isinstance(content, str) else content
    target = os.path.realpath(path)
    try:
        replace(target, data)
        return None
    except OSError as error:
        reason = error
    if os.path.exists(target) and reason.errno not in NO_ROOM:
        with suppress(OSError):
            write_over(target, data)
            return f"{path} could not be replaced ({reason.strerror}), so it was written over"
    raise CannotWrite(f"cannot write {path}: {reason.strerror}; {save_somewhere(target, data)}")


def replace(target: str, data: bytes) -> None:
    new = tempfile.TemporaryDirectory(
        prefix=".ipc_cookbook-", dir=os.path.dirname(target), ignore_cleanup_errors=True
    )
    with new as folder:
        path = os.path.join(folder, "new")
        with open(path, "xb") as file:
            file.write(data)
        with suppress(OSError):
            shutil.copymode(target, path)
        os.replace(path, target)


def write_over(target: str, data: bytes) -> None:
    with open(target, "r+b") as file:
        file.write(data)
        file.truncate()


def save_somewhere(target: str, data: bytes) -> str:
    """Keep what could not be written, and say where: nobody wants to measure it again."""
    stem, suffix = os.path.splitext(os.path.basename(target))
    for folder in os.path.dirname(target), tempfile.gettempdir():
        with suppress(OSError), ExitStack() as undo:
            descriptor, path = tempfile.mkstemp(suffix, f"{stem}-", folder)
            undo.callback(os.unlink, path)
            with open(descriptor, "wb") as file:
                file.write(data)
            undo.pop_all()
            return f"its content is in {path}"
    return "and there is no place for its content"


def folder_of(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))
