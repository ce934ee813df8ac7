"""Shared memory that is there before it is written to: to write where there is none is SIGBUS."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

from ipc_cookbook.crew.resources import SHARED_MEMORY, room_in

ARRAYS = ("Array", "RawArray")
VALUES = ("Value", "RawValue")


def check_room(size: int) -> None:
    """Raise :class:`OSError` if :mod:`multiprocessing` could not share so many bytes.

    It makes a file of that length, and the system finds a place for each page as that is written
    to. So have them all, where it would have them, and let go.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    places = [SHARED_MEMORY, tempfile.gettempdir()]
    place = next((each for each in places if room_in(each) >= size), places[-1])
    with tempfile.TemporaryFile(dir=place) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, size))
        except OSError as error:
            rooms = ", ".join(f"{each} has {room_in(each)}" for each in places)
            wanting = f"{size} bytes of shared memory were asked for, {rooms}"
            raise OSError(error.errno, f"{error.strerror}: {wanting}") from None


def context_with_room(context: BaseContext) -> Any:
    """A copy of the context, whose memory is seen to be there before it is shared."""
    copied: Any = copy.copy(context)
    for name in (*ARRAYS, *VALUES):
        setattr(copied, name, with_room(getattr(context, name), is_array=name in ARRAYS))
    return copied


def with_room(share: Callable[..., Any], *, is_array: bool) -> Callable[..., Any]:
    def share_if_there_is_room(kind: Any, *rest: Any, **options: Any) -> Any:
        import ctypes
        from multiprocessing import sharedctypes

        items = rest[0] if is_array and rest else 1
        length = items if isinstance(items, int) else len(items)
        types: dict[object, Any] = vars(sharedctypes)["typecode_to_type"]
        check_room(length * ctypes.sizeof(types.get(kind, kind)))
        return share(kind, *rest, **options)

    return share_if_there_is_room
