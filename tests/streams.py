"""What a program writes, as it comes: to a pipe, or to a terminal."""

from __future__ import annotations

import os
import re
import select
import time
from codecs import getincrementaldecoder
from collections.abc import Collection
from io import FileIO
from typing import IO

LIMIT_S = 30.0
SCREEN = (24, 100)


class Stream:
    """What a program writes to one of its streams.

    :ivar text: all that has come so far.
    """

    def __init__(self, file: IO[bytes] | None) -> None:
        assert file is not None
        self.file = file
        self.decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self.text = ""
        self.place = 0
        self.is_open = True

    def fileno(self) -> int:
        return self.file.fileno()

    def fill(self) -> None:
        """Take in what has come."""
        try:
            piece = os.read(self.fileno(), 2**16)
        except OSError:  # how Linux says that nobody has the terminal open any more
            piece = b""
        self.is_open = bool(piece)
        self.text += self.decoder.decode(piece, final=not piece)

    def until(self, pattern: str) -> re.Match[str]:
        """Read on until this has come; a pattern that is to see a whole line ends in ``\\n``."""
        deadline = time.monotonic() + LIMIT_S
        wanted = re.compile(pattern)
        while not (found := wanted.search(self.text, self.place)):
            assert self.is_open, f"it never wrote {pattern!r}, but: {self.text}"
            fill([self], deadline)
        self.place = found.end()
        return found

    def line(self) -> str:
        """The next line, without its end."""
        return self.until(r".*\n")[0][:-1]

    def read(self, characters: int) -> str:
        return self.until(f"(?s:.{{{characters}}})")[0]

    def rest(self) -> str:
        """What has come and was not read."""
        rest, self.place = self.text[self.place :], len(self.text)
        return rest

    def close(self) -> None:
        """Read no more: whoever writes there fails."""
        self.is_open = False
        self.file.close()


def fill(streams: Collection[Stream], deadline: float) -> None:
    """Wait until something has come to one of them."""
    ready, _, _ = select.select(streams, [], [], max(0.0, deadline - time.monotonic()))
    assert time.monotonic() < deadline, f"too late, after: {[each.text for each in streams]}"
    for stream in ready:
        stream.fill()


def open_terminals(names: Collection[str]) -> tuple[dict[str, FileIO], dict[str, int]]:
    """A terminal for each: our ends of them, and the program's."""
    ours, theirs = {}, {}
    for name in names:
        import pty
        import termios

        descriptor, theirs[name] = pty.openpty()
        ours[name] = FileIO(descriptor)
        termios.tcsetwinsize(theirs[name], SCREEN)
    return ours, theirs
