"""Standard output must take what it is given; standard error need not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from ipc_cookbook.errors import OutputClosed, OutputFailed


def say(text: str, end: str = "\n") -> None:
    """Print data to standard output, at once. Where there is none, nothing is said.

    Once it has failed, nothing more is written.

    :raises OutputClosed: nobody reads it any more.
    :raises OutputFailed: it takes no more for another reason, which the message names.
    """
    try:
        try:
            print(text, end=end, flush=True)
        except UnicodeEncodeError:
            encoding = sys.stdout.encoding
            print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, flush=True)
    except BrokenPipeError:
        abandon(sys.stdout)
        raise OutputClosed("nobody reads standard output any more") from None
    except OSError as error:
        abandon(sys.stdout)
        raise OutputFailed(f"standard output: {error.strerror}") from None


def remark(text: str) -> None:
    """Print a line to standard error, if there is one and it takes any."""
    if sys.stderr:
        with lenient(sys.stderr):
            print(text, file=sys.stderr, flush=True)


@contextmanager
def lenient(stream: TextIO) -> Iterator[None]:
    """Let no harm come of what cannot be written to a stream; nothing more is written to it."""
    try:
        yield
    except OSError:
        abandon(stream)


def wait_for_readers(stream: TextIO | None) -> None:
    """Let a stream wait until it takes what is written.

    Some parents hand on a pipe that does not wait, and Python loses what it does not take.
    """
    if stream:
        with suppress(AttributeError, OSError, ValueError):
            os.set_blocking(stream.fileno(), True)


def abandon(stream: TextIO) -> None:
    """Give up what is still to be written: Python would try once more on its way out."""
    with suppress(OSError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
