"""Strangers at a listening player, who come before the right peer, stay, and come again."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from driver import Running
from two_players import calling, listening, player_of, read_words

MEGABYTE = 1024  # in KiB, the unit of /proc
WAIT_S = 5
MANY = 200


class Place(NamedTuple):
    """What a stranger knows: a port, and somebody else's keys."""

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
            caller.sendall(data)

    return call


FORGERY = b"\x01\x00\x03\x00\x35\x31"  # of ZMTP 1.0: an anonymous greeting, and a message

ANYWHERE: dict[str, Stranger] = {
    "silent": says(b""),
    "garbage": says(random.Random(1).randbytes(1000)),
    "http": says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "zmtp 1.0": says(FORGERY),
    "200 at once": says(b"", MANY),
    "200 with garbage": says(b"\xff" * 100, MANY),
}
"""Those who know nothing of the mechanism, or take it for another one."""


def crowd(table: Mapping[str, Stranger]) -> list[Stranger]:
    """All of them; 200 at once are enough."""
    return [call for name, call in table.items() if name != "200 with garbage"]


def play_among(
    recipe: str, strangers: Sequence[Stranger], keys: Path | None, foreign: Path
) -> None:
    options = ("--delay", "0.03")
    with listening(recipe, keys, *options) as (pong, port), ExitStack() as stack:
        place = Place(port, keys or foreign, foreign)
        player = player_of(pong)
        before = peak_memory(player)
        for stranger in strangers:
            stranger(place, stack)
        with calling(recipe, keys, f"127.0.0.1:{port}", *options) as ping:
            read_words(ping, 1)
            for stranger in strangers:
                stranger(place, stack)
            assert peak_memory(player) - before < 20 * MEGABYTE
            assert ping.end(0)[0] == "Ping" * 24 + "\n"
            check_end(pong, "Pong")


def check_end(program: Running, player: str) -> None:
    assert program.end(0)[0] == f"{player * 25}\n"


def peak_memory(pid: int) -> int:
    """The most that a process has had in memory, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
