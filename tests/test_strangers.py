"""Strangers at every port that a game opens: they get nowhere and change nothing."""

from __future__ import annotations

import json
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.context import BaseContext

import pytest

from announced import announced_game
from checks import check_game
from ipc_cookbook import run_pingpong
from ipc_cookbook.recipes import tcp_socket
from ipc_cookbook.transport import End
from ipc_cookbook.leftovers import private_temporary_folder
from ports import listening_ports

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")

LOOPBACK = ("127.0.0.1", "::1")
MEGABYTE = 1024  # in the units of ru_maxrss, KiB

RESET = "reset"
STRANGERS = {
    "silent": b"",
    "garbage": random.Random(1).randbytes(1000),
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "ff ff ff ff": b"\xff\xff\xff\xff" * 8,
    "zmtp 1.0": b"\x01\x00\x03\x00\x35\x31",
    "a frame of the game": tcp_socket.HEADER.pack(1, 0),
    RESET: b"",
}


def call(port: int, stranger: str) -> socket.socket:
    """Connect, say the stranger's piece, and stay on the line."""
    caller = socket.create_connection(("127.0.0.1", port), timeout=5)
    caller.sendall(STRANGERS[stranger])
    if stranger == RESET:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
    return caller


class BesetTransport:
    """The socket recipe, whose listener has strangers waiting before the players exist."""

    def __init__(self, stranger: str, how_many: int) -> None:
        self.stranger = stranger
        self.how_many = how_many

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        with (
            tcp_socket.open_pair(context, max_payload) as (listener, caller),
            ExitStack() as strangers,
        ):
            port = listener.socket.getsockname()[1]
            for _ in range(self.how_many):
                strangers.enter_context(closing(call(port, self.stranger)))
            yield listener, caller


@pytest.mark.sampled
@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_who_come_first(stranger: str, start_method: str) -> None:
    transport = BesetTransport(stranger, how_many=50)
    check_game(run_pingpong(transport, start_method=start_method), 50)


@pytest.mark.sampled
def test_listens_on_loopback_only(transport: str, start_method: str) -> None:
    with (
        private_temporary_folder(),
        announced_game(transport, start_method) as (program, _),
    ):
        ports = listening_ports(program.pid)
    assert {port.address for port in ports} <= set(LOOPBACK)
    assert bool(ports) == (transport == "socket")


GAME = """
import json, resource, sys
from ipc_cookbook import run_pingpong
sys.stdin.readline()
result = run_pingpong("socket", start_method="fork", tokens=50, delay=0.02)
print(json.dumps({
    "ok": result.ok,
    "transcript": result.transcript,
    "peak": max(resource.getrusage(who).ru_maxrss for who in (
        resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)),
}))
"""


def play(stranger: str | None) -> dict[str, object]:
    """A game in a program of its own; strangers call for as long as it listens."""
    with (
        subprocess.Popen(
            [sys.executable, "-c", GAME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as program,
        ExitStack() as strangers,
    ):
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("\n")
        program.stdin.flush()
        calls = 0
        while stranger and program.poll() is None:
            for port in listening_ports(program.pid):
                if calls < 200:
                    try:
                        strangers.enter_context(closing(call(port.number, stranger)))
                    except OSError:
                        continue
                    calls += 1
        assert calls or not stranger
        result: dict[str, object] = json.loads(program.stdout.read())
        return result


@pytest.fixture(scope="module")
def calm() -> dict[str, object]:
    return play(None)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_during_a_game(stranger: str, calm: dict[str, object]) -> None:
    beset = play(stranger)
    assert beset["ok"]
    assert beset["transcript"] == calm["transcript"] == "PingPong" * 25
    assert isinstance(beset["peak"], int)
    assert isinstance(calm["peak"], int)
    assert beset["peak"] - calm["peak"] < 20 * MEGABYTE
