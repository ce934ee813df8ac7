"""Work to be stuck in, until a test lets go: it says which process has it, and reads a word.

The programs call it by name, ``stuck:read``; for that, this folder is in their ``PYTHONPATH``.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

WORD = "done"
HERE = {"PYTHONPATH": str(Path(__file__).parent)}


class Gate:
    """A named pipe: who reads it waits for a word.

    :ivar path: where it is.
    """

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR)

    def let_go(self, readers: int = 1) -> None:
        os.write(self.descriptor, WORD.encode() * readers)

    def close(self) -> None:
        os.close(self.descriptor)


def read(path: str) -> str:
    print(f"{os.getpid()} reads {path}", flush=True)
    with open(path, "rb", buffering=0) as file:
        return file.read(len(WORD)).decode()


def keep(numbers: object) -> object:
    """The same, with an array; the environment says where the pipe is."""
    read(os.environ["STUCK_AT"])
    return numbers


def for_ever(numbers: object) -> object:
    """Nobody lets go."""
    threading.Event().wait()
    return numbers
