"""Where callers come in, until one of them may play.

Nobody is believed before that, and nobody can keep the others out: there is room for so many
callers, each has a time limit in all, and when there are too many, one has to go. A caller costs a
descriptor until the first record of its handshake has arrived whole, and after that a thread. Half
of the room is for each kind, so the silent ones cannot push out those who have said something.
"""

from __future__ import annotations

import random
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from ipc_cookbook.hosts.address import shown
from ipc_cookbook.hosts.reach import Tell

ROOM = 64
PATIENCE_S = 10.0
GLANCE_S = 0.02
FAREWELL_S = 1.0
FAREWELL_BYTES = 64 * 1024
RECORD_HEADER, LARGEST_RECORD, HANDSHAKE = 5, 2**14, 22  # of RFC 8446

Guest = TypeVar("Guest")


class Door(Generic[Guest]):
    """Lets in the first caller who may play, and shows all others out.

    :param receive: gives what a caller becomes, or raises :class:`OSError`, :class:`EOFError` or
        :class:`ValueError` if it may not come in. It runs in a thread, on a socket with a time
        limit.
    :param tell: hears why callers are turned away.
    """

    def __init__(self, receive: Callable[[socket.socket], Guest], tell: Tell) -> None:
        self._receive, self._tell = receive, tell
        self._silent: dict[socket.socket, float] = {}
        self._heard: dict[socket.socket, tuple[float, threading.Thread]] = {}
        self._guests: list[Guest] = []
        self._lock = threading.Lock()

    def first(self, listeners: Sequence[socket.socket]) -> Guest:
        """Wait for the one who may play. When this returns, nobody else is left."""
        with selectors.DefaultSelector() as waiting:
            for listener in listeners:
                listener.setblocking(False)
                waiting.register(listener, selectors.EVENT_READ, listener)
            try:
                while not self._guests:
                    is_anyone_here = self._silent or self._heard
                    for key, _ in waiting.select(GLANCE_S if is_anyone_here else None):
                        self._accept(key.data)
                    self._look_round()
            finally:
                self._show_out(*self._silent, *self._heard)
        return self._guests[0]

    def _accept(self, listener: socket.socket) -> None:
        """Let a caller onto the threshold; if there is no room, the eldest goes first."""
        try:
            if len(self._silent) >= ROOM // 2:
                self._show_out(next(iter(self._silent)))
            caller, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # out of descriptors, or of memory: one of those here has to go
            if here := [*self._silent, *list(self._heard)]:
                self._show_out(here[0])
            else:
                time.sleep(GLANCE_S)
            return
        caller.setblocking(False)
        self._silent[caller] = time.monotonic() + PATIENCE_S
        self._look_at(caller)

    def _look_round(self) -> None:
        for caller in list(self._silent):
            self._look_at(caller)
        heard = list(self._heard.items())
        now = time.monotonic()
        deadlines = [*self._silent.items(), *((one, ends) for one, (ends, _) in heard)]
        for caller, ends in deadlines:
            if ends < now:
                self._turn_away(caller, "it kept silent")

    def _look_at(self, caller: socket.socket) -> None:
        """Has it begun a handshake? The system keeps what has arrived."""
        try:
            begun = caller.recv(RECORD_HEADER + LARGEST_RECORD, socket.MSG_PEEK)
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

    def _hear(self, caller: socket.socket) -> None:
        """Receive it in a thread, if there is one to be had."""
        if len(heard := list(self._heard)) >= ROOM // 2:
            self._show_out(random.choice(heard))  # by chance, so that nobody can aim
        ends = self._silent[caller]
        try:
            handle = caller.dup()
        except OSError as error:
            self._turn_away(caller, error.strerror or str(error))
            return
        thread = threading.Thread(target=self._receive_one, args=(caller, handle), daemon=True)
        self._heard[handle] = ends, thread
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            del self._heard[handle]
            handle.close()
            self._turn_away(caller, str(error))
        else:
            del self._silent[caller]

    def _receive_one(self, caller: socket.socket, handle: socket.socket) -> None:
        host = host_of(handle)
        guest = None
        with handle:
            try:
                caller.settimeout(PATIENCE_S)
                guest = self._receive(caller)
            except (OSError, EOFError, ValueError, MemoryError) as error:
                caller.close()
                if handle in self._heard:  # it was not we who hung up
                    self._tell(turned_away(host, why(error)))
                    see_off(handle)
            with self._lock:
                is_here = self._heard.pop(handle, None) is not None
                if guest is not None and is_here and not self._guests:
                    self._guests.append(guest)
                    return
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def _turn_away(self, caller: socket.socket, reason: str) -> None:
        self._tell(turned_away(host_of(caller), reason))
        self._show_out(caller)

    def _show_out(self, *callers: socket.socket) -> None:
        """Hang up on callers, and return when they are really gone."""
        leaving = []
        for caller in callers:
            if self._silent.pop(caller, None) is not None:
                caller.close()
                continue
            with self._lock, suppress(OSError):
                _, thread = self._heard.pop(caller, (None, None))
                if thread:
                    leaving.append(thread)
                    caller.shutdown(socket.SHUT_RDWR)
        for thread in leaving:
            thread.join(FAREWELL_S)


def turned_away(host: str, reason: str) -> str:
    return f"turned away a caller from {host}: {reason}"


def host_of(caller: socket.socket) -> str:
    try:
        return shown(caller.getpeername()).host
    except OSError:
        return "an address that is gone"


def see_off(handle: socket.socket) -> None:
    """Hang up so that the caller hears why: a plain close would cut off what was said last."""
    with suppress(OSError):
        handle.shutdown(socket.SHUT_WR)
        handle.settimeout(FAREWELL_S)
        rest = FAREWELL_BYTES
        while rest > 0 and (heard := len(handle.recv(rest))):
            rest -= heard


def why(error: Exception) -> str:
    """Why somebody was not let in, in a few words of our own or of OpenSSL's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, EOFError | ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it hung up before the game"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no reason given").replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "it kept silent"
    if isinstance(error, OSError):
        return error.strerror or "it cannot be reached"
    return str(error)
