"""A player that is killed in mid-action: while it holds a lock, or with half a message written.

Nothing here knows a mechanism. The victim is traced, line by line, through the recipe and through
:mod:`multiprocessing`, and kills itself when the moment has come. The witness goes on to receive
once the victim is dead.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import synchronize
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from types import FrameType
from typing import Any, Self

from faulty import Confession, WrappedEnd, noting_helpers
from ipc_cookbook.catalog import describe, load, path_of
from ipc_cookbook.transport import End, Message

HOLDING, MIDDLE = "killed with a lock", "killed in a message"
"""While it holds a lock; and in the middle of a message: with half of it written where it goes
through a buffer that can be full, else with all of it written and the turn not handed over."""

LARGE = 32 * 2**20
FULL_S = 0.3
"""How long a ``send`` that goes on, or that another thread goes on with, is left alone."""

MULTIPROCESSING = os.path.dirname(multiprocessing.__file__)
LOCKS = Path("/proc/locks")


def holds_a_lock() -> bool:
    """A lock of :mod:`multiprocessing`, or one of the kernel's on a file."""
    kinds = (synchronize.Lock, synchronize.RLock)
    mine = [each for each in gc.get_objects() if type(each) in kinds and each._semlock._is_mine()]
    return bool(mine) or any(
        fields[1] == "POSIX" and "WRITE" in fields and fields[4] == str(os.getpid())
        for fields in map(str.split, LOCKS.read_text().splitlines())
        if "->" not in fields
    )


class NoLock(Exception):
    """The victim never held one."""


class VictimEnd(WrappedEnd):
    """Kills itself at or after its word of this number, in the way of the case."""

    def __init__(
        self, inner: End, recipe: str, case: str, word: int, pid: Any, confessions: Connection
    ) -> None:
        super().__init__(inner)
        self.file = path_of(recipe)
        self.has_stream = describe(recipe).has_stream
        self.case, self.word, self.pid, self.confessions = case, word, pid, confessions
        self.words_said = self.seen = 0
        self.lines: list[bool] = []  # of a send: whether each is the recipe's own

    def __enter__(self) -> Self:
        self.pid.value = os.getpid()
        return super().__enter__()

    def send(self, message: Message) -> None:
        self.words_said += 1
        if self.words_said < self.word - 1:
            super().send(message)
        elif self.words_said == self.word - 1:  # to know how many lines there are
            with self.traced(lambda frame: self.lines.append(self.is_own(frame))):
                super().send(message)
        elif self.case == MIDDLE and self.has_stream:
            threading.Timer(FULL_S, self.die).start()
            super().send((message[0], bytes(LARGE)))
            threading.Event().wait()
        else:
            with self.traced(self.die_with_lock if self.case == HOLDING else self.die_at_last):
                super().send(message)

    def recv(self) -> Message:
        if self.words_said < self.word:
            return super().recv()
        with self.traced(self.die_with_lock):
            super().recv()
        raise NoLock

    def is_own(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename == self.file

    def die_at_last(self, frame: FrameType) -> None:
        """Before the last line of the recipe's own; where there is but a proxy, of the proxy's."""
        counts = any(self.lines)
        if self.is_own(frame) == counts:
            self.seen += 1
            if self.seen == self.lines.count(counts):
                self.die()

    def die_with_lock(self, frame: FrameType) -> None:
        if self.case == HOLDING and holds_a_lock():
            self.die()

    def die(self) -> None:
        self.confessions.send(Confession(os.getpid(), time.perf_counter_ns()))
        os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def traced(self, look: Any) -> Iterator[None]:
        def trace(frame: FrameType, event: str, argument: object) -> Any:
            if event == "line" and (self.is_own(frame) or is_of_multiprocessing(frame)):
                look(frame)
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            yield
        finally:
            sys.settrace(before)


def is_of_multiprocessing(frame: FrameType) -> bool:
    return os.path.dirname(frame.f_code.co_filename) == MULTIPROCESSING


class WitnessEnd(WrappedEnd):
    """Takes nothing in after a certain word until the other player is dead."""

    def __init__(self, inner: End, case: str, word: int, pid: Any) -> None:
        super().__init__(inner)
        self.case, self.word, self.pid, self.words_said = case, word, pid, 0

    def send(self, message: Message) -> None:
        self.words_said += 1
        super().send(message)

    def recv(self) -> Message:
        if self.words_said == self.word - 1 and self.case == MIDDLE:
            with contextlib.suppress(OSError):
                end = os.pidfd_open(self.pid.value)
                select.select([end], [], [], 10)
                os.close(end)
        return super().recv()


class MidwayTransport:
    """A recipe whose Ping dies in mid-action.

    :param case: :data:`HOLDING` or :data:`MIDDLE`.
    :ivar confessions: who died, and when; none if Ping never held a lock, which is
        :class:`NoLock`.
    """

    def __init__(self, recipe: str, case: str, word: int = 12) -> None:
        self.recipe, self.case, self.word = recipe, case, word
        self.confessions: list[Confession] = []

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        receiver, sender = context.Pipe(duplex=False)
        pid = context.RawValue("q", 0)
        most = LARGE if self.case == MIDDLE and describe(self.recipe).has_stream else max_payload
        noting = noting_helpers(context, [])
        with receiver, sender, load(self.recipe).open_pair(noting, most) as (ping, pong):
            try:
                yield (
                    VictimEnd(ping, self.recipe, self.case, self.word, pid, sender),
                    WitnessEnd(pong, self.case, self.word, pid),
                )
            finally:
                while receiver.poll():
                    self.confessions.append(receiver.recv())
