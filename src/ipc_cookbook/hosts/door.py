"""Where callers come in, until one of them may play.

Nobody is believed before that, and nobody can keep the others out: there is room for so many
callers, each has a time limit in all, and when there are too many, one has to go, of the host that
has the most of them. A caller costs a descriptor until the first record of its handshake has
arrived whole, and after that a thread. There is room for each kind, so the silent ones cannot push
out those who have said something.
"""

from __future__ import annotations

import random
import selectors
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from ipc_cookbook.hosts.address import shown
from ipc_cookbook.hosts.reach import HUNG_UP, Tell

SILENT, HEARD = 48, 16
DESCRIPTORS = SILENT + 3 * HEARD  # two sockets of each who is heard, and our keys
PATIENCE_S = 10.0
GLANCE_S = 0.02
FAREWELL_S = 1.0
FAREWELL_BYTES = 64 * 1024
RECORD_HEADER, LARGEST_RECORD, HANDSHAKE = 5, 2**14, 22  # of RFC 8446

Guest = TypeVar("Guest")


@dataclass(eq=False)
class Caller:
    """Somebody at the door.

    :ivar line: its socket; from when it is heard a second one, to hang up by at any time.
    :ivar ends: when it has to go.
    """

    line: socket.socket
    host: str
    ends: float
    thread: threading.Thread | None = None


class Door(Generic[Guest]):
    """Lets in the first caller who may play, and shows all others out.

    :param receive: gives what a caller becomes, or raises an exception if it may not come in. It
        runs in a thread, on a socket with a time limit.
    :param tell: hears why callers are turned away.
    """

    def __init__(self, receive: Callable[[socket.socket], Guest], tell: Tell) -> None:
        self._receive, self._tell = receive, tell
        self._silent: list[Caller] = []
        self._heard: list[Caller] = []
        self._leaving: list[Caller] = []
        self._outcomes: deque[tuple[Caller, Guest | None, str]] = deque()
        share = descriptors_to_be_had() / DESCRIPTORS
        self._room_for_silent = max(1, int(SILENT * share))
        self._room_for_heard = max(1, int(HEARD * share))

    def first(self, listeners: Sequence[socket.socket]) -> Guest:
        """Wait for the one who may play. When this returns, nobody else is left."""
        with selectors.DefaultSelector() as waiting:
            for listener in listeners:
                listener.setblocking(False)
                waiting.register(listener, selectors.EVENT_READ, listener)
            try:
                while (guest := self._look_round()) is None:
                    is_anyone_here = self._silent or self._heard or self._leaving
                    for key, _ in waiting.select(GLANCE_S if is_anyone_here else None):
                        self._accept(key.data)
            finally:
                self._show_out(*self._silent, *self._heard, *self._leaving)
        return guest

    def _accept(self, listener: socket.socket) -> None:
        """Let a caller onto the threshold; if there is no room, somebody has to go first."""
        if len(self._silent) >= self._room_for_silent:
            self._show_one_out(self._silent)
        try:
            line, number = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # out of descriptors, or of memory
            if not self._show_one_out(self._leaving, self._silent, self._heard):
                time.sleep(GLANCE_S)
            return
        line.setblocking(False)
        caller = Caller(line, shown(number).host, time.monotonic() + PATIENCE_S)
        self._silent.append(caller)
        self._look_at(caller)

    def _look_round(self) -> Guest | None:
        """What has become of the callers?"""
        for caller in [*self._silent]:
            self._look_at(caller)
        while self._outcomes:
            caller, guest, reason = self._outcomes.popleft()
            if caller not in self._heard:  # it was we who hung up
                continue
            if guest is not None:
                self._heard.remove(caller)
                caller.line.close()
                return guest
            self._tell(turned_away(caller.host, reason))
            self._see_off(caller)
        now = time.monotonic()
        for caller in [*self._silent, *self._heard]:
            if caller.ends < now:
                self._turn_away(caller, "it kept silent")
        self._show_out(*(each for each in self._leaving if each.ends < now or has_left(each.line)))
        return None

    def _look_at(self, caller: Caller) -> None:
        """Has it begun a handshake? The system keeps what has arrived."""
        try:
            begun = caller.line.recv(RECORD_HEADER + LARGEST_RECORD, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            begun = b""
        if not begun:  # it only knocked
            self._show_out(caller)
        elif begun[0] != HANDSHAKE:
            self._turn_away(caller, "it does not speak TLS")
        elif len(begun) >= RECORD_HEADER + int.from_bytes(begun[3:RECORD_HEADER]):
            self._hear(caller)

    def _hear(self, caller: Caller) -> None:
        """Receive it in a thread; if there is none to be had, somebody has to go first."""
        if len(self._heard) + len(self._leaving) >= self._room_for_heard:
            self._show_one_out(self._leaving, self._heard)
        line = caller.line
        try:
            caller.thread = threading.Thread(target=self._receive_one, args=(caller, line))
            caller.thread.daemon = True
            caller.line = line.dup()
            caller.thread.start()
        except (OSError, RuntimeError, MemoryError) as error:
            if caller.line is not line:
                caller.line.close()
            caller.line, caller.thread = line, None
            if not self._show_one_out(self._leaving, self._heard):
                self._turn_away(caller, str(error))
        else:
            self._silent.remove(caller)
            self._heard.append(caller)

    def _receive_one(self, caller: Caller, line: socket.socket) -> None:
        guest, reason = None, ""
        try:
            line.settimeout(PATIENCE_S)
            guest = self._receive(line)
        except Exception as error:
            reason = why(error)
            line.close()
        self._outcomes.append((caller, guest, reason))

    def _turn_away(self, caller: Caller, reason: str) -> None:
        self._tell(turned_away(caller.host, reason))
        self._show_out(caller)

    def _see_off(self, caller: Caller) -> None:
        """Hang up so that the caller hears why: a plain close would cut off what was said last."""
        self._heard.remove(caller)
        self._leaving.append(caller)
        caller.ends = time.monotonic() + FAREWELL_S
        caller.line.setblocking(False)
        with suppress(OSError):
            caller.line.shutdown(socket.SHUT_WR)

    def _show_one_out(self, *kinds: list[Caller]) -> bool:
        """Make room, if there is anyone who has to go; those of the first kind go first."""
        for kind in filter(None, kinds):
            counts = Counter(caller.host for caller in kind)
            most = max(counts.values())
            crowd = [caller for caller in kind if counts[caller.host] == most]
            # Nobody can aim at one who is heard. Of the others the eldest goes.
            self._show_out(random.choice(crowd) if kind is self._heard else crowd[0])
            return True
        return False

    def _show_out(self, *callers: Caller) -> None:
        """Hang up on callers, and return when they are really gone."""
        for caller in callers:
            with suppress(OSError):
                caller.line.shutdown(socket.SHUT_RDWR)
            caller.line.close()
            for kind in self._silent, self._heard, self._leaving:
                if caller in kind:
                    kind.remove(caller)
        for caller in callers:
            if caller.thread:
                caller.thread.join(FAREWELL_S)


def descriptors_to_be_had() -> int:
    """As many as are needed, or fewer."""
    to_be_had: list[socket.socket] = []
    with ExitStack() as tried, suppress(OSError):
        while len(to_be_had) < DESCRIPTORS:
            to_be_had.append(tried.enter_context(socket.socket()))
    return len(to_be_had)


def has_left(line: socket.socket) -> bool:
    """Hear it out, for a while."""
    try:
        return not line.recv(FAREWELL_BYTES)
    except BlockingIOError:
        return False
    except OSError:
        return True


def turned_away(host: str, reason: str) -> str:
    return f"turned away a caller from {host}: {reason}"


def why(error: Exception) -> str:
    """Why somebody was not let in, in a few words of our own or of OpenSSL's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, HUNG_UP):
        return "it hung up before the game"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no reason given").replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "it kept silent"
    return getattr(error, "strerror", None) or str(error)
