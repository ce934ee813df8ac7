"""Strangers at a listening player, who come before the right peer, and stay."""

from __future__ import annotations

import random
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple

MEGABYTE = 1024  # in KiB, the unit of /proc
WAIT_S = 5
MANY = 200


class Place(NamedTuple):
    """What a stranger knows: a recipe, a port, and somebody else's keys."""

    recipe: str
    port: int
    keys: Path
    foreign: Path


Stranger = Callable[[Place, ExitStack], None]


def says(data: bytes, callers: int = 1) -> Stranger:
    """Says that, and stays on the line."""

    def call(place: Place, stack: ExitStack) -> None:
        for _ in range(callers):
            caller = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", place.port), timeout=WAIT_S))
            )
            with suppress(ConnectionError):
                caller.sendall(data)

    return call


def first_words() -> bytes:
    """What a TLS client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


ANYWHERE: dict[str, Stranger] = {
    "silent": says(b""),
    "garbage": says(random.Random(1).randbytes(1000)),
    "http": says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "a record that never ends": says(b"\x16\x03\x01\x40\x00" + bytes(100)),
    "half a first message": says(first_words()[:100]),
    "half a handshake": says(first_words()),
    "200 at once": says(b"", MANY),
    "200 with garbage": says(b"\xff" * 100, MANY),
    "200 with half a handshake": says(first_words(), MANY),
}
"""Those who have no keys at all."""


def peak_memory(pid: int) -> int:
    """The most that a process has had in memory, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
