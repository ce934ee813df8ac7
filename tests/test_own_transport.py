"""Recipe modules and objects of one's own play like the recipes' names; or fail clearly."""

from __future__ import annotations

import random
import threading
from multiprocessing.connection import Connection

import pytest

from checks import check_game
from homemade import Changing, HomemadeTransport, PipeOf
from ipc_cookbook import PingPongError, PlayerDied, run_pingpong
from ipc_cookbook.catalog import load
from ipc_cookbook.transport import Message


@pytest.mark.parametrize("tokens", [0, 1, 7, 50])
def test_an_object_with_open_pair_plays(start_method: str, tokens: int) -> None:
    result = run_pingpong(HomemadeTransport(), tokens=tokens, start_method=start_method)
    check_game(result, tokens)
    assert result.transport == "HomemadeTransport"


@pytest.mark.parametrize("size", [0, 1, 2**20], ids=["nothing", "1 byte", "1 MiB"])
def test_an_object_carries_the_payload(start_method: str, size: int) -> None:
    payload = random.Random(size).randbytes(size)
    result = run_pingpong(HomemadeTransport(), payload=payload, start_method=start_method)
    check_game(result, 50)


def negated(message: Message) -> Message:
    return -message[0], message[1]


def test_a_token_below_zero_is_an_error() -> None:
    with pytest.raises(PlayerDied, match=r"P[io]ng .* raised OverflowError"):
        run_pingpong(PipeOf(lambda connection: Changing(connection, negated)))


@pytest.mark.few
def test_a_recipe_module_plays_under_its_name(transport: str) -> None:
    by_module = run_pingpong(load(transport), tokens=4)
    by_name = run_pingpong(transport, tokens=4)
    assert by_module.transport == by_name.transport == transport
    assert by_module.count == by_name.count


def fail(*_: object) -> None:
    raise OSError("no space")


@pytest.mark.parametrize(
    "failing", [PipeOf(before=fail), PipeOf(after=fail)], ids=["open", "close"]
)
def test_a_transport_that_cannot_be_opened(start_method: str, failing: PipeOf) -> None:
    """Or closed."""
    with pytest.raises(PingPongError, match="no space"):
        run_pingpong(failing, start_method=start_method)


class Unsendable:
    """An end that cannot travel to a process that is not a copy of the caller's."""

    def __init__(self, _: Connection) -> None:
        self.lock = threading.Lock()

    def send(self, message: tuple[int, bytes]) -> None: ...

    def recv(self) -> tuple[int, bytes]:
        return (1, b"")


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_ping_is_ended_when_pong_cannot_start(method: str) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        run_pingpong(PipeOf(Unsendable), start_method=method)
