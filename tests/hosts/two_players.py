"""Both players of a game between hosts: in two programs, as two people start them, or here."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from driver import COOKBOOK, Running
from ipc_cookbook import ConnectionFailed, PingPongResult, play_remote
from streams import LIMIT_S


@contextmanager
def listening(
    recipe: str, keys: Path, *options: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Running, int]]:
    """Pong's program, and the port that the system picked for it."""
    own = ("--keys", keys / "pong")
    with Running(*COOKBOOK, recipe, "--listen", f"{host}:0", *own, *options) as pong:
        yield pong, int(pong.err.until(r"listening on .*:(\d+)\n")[1])


def calling(recipe: str, keys: Path, address: str, *options: str) -> Running:
    """Ping's program."""
    return Running(*COOKBOOK, recipe, "--connect", address, "--keys", keys / "ping", *options)


@contextmanager
def two_players(
    recipe: str, keys: Path, *options: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Running, Running]]:
    """Ping's program and Pong's."""
    with (
        listening(recipe, keys, *options, host=host) as (pong, port),
        calling(recipe, keys, f"{host}:{port}", *options) as ping,
    ):
        yield ping, pong


def read_words(program: Running, number: int) -> None:
    program.out.read(len("Ping") * number)


def player_of(program: Running) -> int:
    """The process id of its player."""
    (player,) = program.workers()
    return player


def result_of(program: Running, limit_s: float = LIMIT_S) -> dict[str, Any]:
    """The one game of a program that ran with ``--json``."""
    out, _ = program.end(0, limit_s=limit_s)
    (result,) = json.loads(out)["results"]
    assert isinstance(result, dict)
    return result


def free_address() -> str:
    """One that was free a moment ago: for a player that must be started before the other one."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return f"127.0.0.1:{bound.getsockname()[1]}"


def play_both(
    recipe: str, keys: Path, for_ping: dict[str, Any], for_pong: dict[str, Any]
) -> dict[str, PingPongResult]:
    """Both players' results, from one program; each has a thread of its own."""
    address = free_address()
    results: dict[str, PingPongResult] = {}

    def play_pong() -> None:
        results["Pong"] = play_remote(recipe, listen=address, keys=keys / "pong", **for_pong)

    pong = threading.Thread(target=play_pong)
    pong.start()
    results["Ping"] = play_remote(recipe, connect=address, keys=keys / "ping", **for_ping)
    pong.join()
    return results


def failed_call(recipe: str, address: str, keys: Path) -> ConnectionFailed:
    """Why nothing came of it, in one line."""
    with pytest.raises(ConnectionFailed) as caught:
        play_remote(recipe, connect=address, keys=keys)
    assert "\n" not in str(caught.value)
    return caught.value


@contextmanager
def served(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something that is not this game, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_all() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with caller, suppress(ConnectionError):
                        serve(caller)

        thread = threading.Thread(target=serve_all)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
