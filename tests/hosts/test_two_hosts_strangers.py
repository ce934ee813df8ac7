"""Strangers at a listening player, before a game and during one: none gets in, none is in the way.

Those who know the mechanism, and how it finds out who calls, are in the file of its recipe.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from strangers import ANYWHERE, Place, check_end, crowd, play_among, says
from two_players import calling, listening

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.mark.sweep
@pytest.mark.parametrize("stranger", ANYWHERE)
def test_a_stranger(
    remote: str, stranger: str, keys_or_none: Path | None, foreign_keys: Path
) -> None:
    play_among(remote, [ANYWHERE[stranger]], keys_or_none, foreign_keys)


def test_all_strangers_together(remote: str, keys_or_none: Path | None, foreign_keys: Path) -> None:
    play_among(remote, crowd(ANYWHERE), keys_or_none, foreign_keys)


class Tap:
    """Between two players: hands on what each says, and keeps what the caller said."""

    def __init__(self, port: int) -> None:
        self.said = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.target = port
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()

    def serve(self) -> None:
        with self.listener:
            while True:
                caller, _ = self.listener.accept()
                with caller, socket.create_connection(("127.0.0.1", self.target)) as called:
                    back = threading.Thread(target=self.hand_on, args=(called, caller, False))
                    back.start()
                    said = self.hand_on(caller, called, True)
                    back.join()
                if said:  # the first caller only knocks
                    self.said = said
                    return

    def hand_on(self, source: socket.socket, target: socket.socket, is_kept: bool) -> bytes:
        said = b""
        with suppress(OSError):
            while data := source.recv(65536):
                said += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        return said

    def join(self) -> bytes:
        for thread in self.threads:
            thread.join()
        return self.said


def test_what_was_overheard_and_said_again_gets_nowhere(remote: str, keys: Path) -> None:
    """All that Ping said in a game, the hello first, is played back to a new listener."""
    options = ("--delay", "0")
    with listening(remote, keys, *options) as (pong, port):
        tap = Tap(port)
        with calling(remote, keys, f"127.0.0.1:{tap.port}", *options) as ping:
            check_end(ping, "Ping")
            check_end(pong, "Pong")
        overheard = tap.join()
    assert len(overheard) > 1000
    with listening(remote, keys, *options) as (pong, port), ExitStack() as stack:
        says(overheard)(Place(port, keys, keys), stack)
        with calling(remote, keys, f"127.0.0.1:{port}", *options) as ping:
            check_end(ping, "Ping")
            check_end(pong, "Pong")
