"""Where callers come in over TCP: side by side, so that nobody keeps the others waiting."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from ipc_cookbook.hosts import hello
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.tls_end import TlsEnd

ROOM = 64
FAREWELL_S = 1.0
FAREWELL_BYTES = 64 * 1024

Admit = Callable[[socket.socket], TlsEnd]


class Door:
    """Receives every caller in a thread of its own, until it is known or out of time.

    The first one that is let in and says hello is the peer; all who come later are told that
    there is a game. When there are too many on the threshold, the one that has been there
    longest has to go. The threads are those of a player's process, and end with it.

    :param admit: lets a caller in, or raises :class:`OSError`; it has a time limit.
    :param for_others: what callers hear while there is a game.
    :param tell: hears why callers are turned away, each reason once.
    """

    def __init__(
        self,
        listener: socket.socket,
        admit: Admit,
        for_others: Hello,
        tell: Callable[[str], object],
    ) -> None:
        self.listener, self.admit, self.for_others, self.tell = listener, admit, for_others, tell
        self.first: SimpleQueue[tuple[TlsEnd, Hello]] = SimpleQueue()
        self._lock = threading.Lock()
        self._threshold: dict[socket.socket, None] = {}
        self._is_taken = False
        self._told: set[str] = set()
        threading.Thread(target=self._receive_all, daemon=True).start()

    def _receive_all(self) -> None:
        while True:
            try:
                caller, address = self.listener.accept()
                handle = caller.dup()
            except OSError:
                if self.listener.fileno() < 0:
                    return
                self._make_room(0)  # out of descriptors
                time.sleep(0.01)
                continue
            with self._lock:
                self._threshold[handle] = None
            self._make_room(ROOM)
            threading.Thread(
                target=self._receive, args=(caller, handle, address[0]), daemon=True
            ).start()

    def _make_room(self, room: int) -> None:
        with self._lock:
            while len(self._threshold) > room:
                handle = next(iter(self._threshold))
                del self._threshold[handle]
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)

    def _receive(self, caller: socket.socket, handle: socket.socket, host: str) -> None:
        with handle:
            try:
                endpoint = self.admit(caller)
                caller = endpoint.socket
                said = hello.receive(endpoint)
                with self._lock:
                    is_first, self._is_taken = not self._is_taken, True
                if is_first:
                    self.first.put((endpoint, said))
                    return
                endpoint.send(self.for_others.as_message())
            except (EOFError, ConnectionError, ssl.SSLEOFError):
                pass  # it only knocked
            except (OSError, ValueError) as error:
                self._tell_once(host, why(error))
            finally:
                with self._lock:
                    self._threshold.pop(handle, None)
            with caller:
                see_off(handle)

    def _tell_once(self, host: str, reason: str) -> None:
        with self._lock:
            is_new = reason not in self._told
            self._told.add(reason)
        if is_new:
            self.tell(f"turned away a caller from {host}: {reason}")


def see_off(handle: socket.socket) -> None:
    """Hang up so that the caller hears why: a plain close would cut off what was said last."""
    with suppress(OSError):
        handle.shutdown(socket.SHUT_WR)
        handle.settimeout(FAREWELL_S)
        rest = FAREWELL_BYTES
        while rest > 0 and (heard := len(handle.recv(rest))):
            rest -= heard


def why(error: Exception) -> str:
    """Why somebody was not let in, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "it kept silent"
    return str(error)
