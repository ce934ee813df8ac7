"""Recipe modules and objects of one's own play like the recipes' names."""

from __future__ import annotations

import random
from multiprocessing.connection import Connection

import pytest

from checks import check_game
from homemade import HomemadeTransport, PipeOf
from ipc_cookbook import PlayerDied, run_pingpong
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


class Negating:
    """An end whose tokens are negative."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def send(self, message: Message) -> None:
        self.connection.send((-message[0], message[1]))

    def recv(self) -> Message:
        message: Message = self.connection.recv()
        return message


def test_a_token_below_zero_is_an_error() -> None:
    with pytest.raises(PlayerDied, match=r"P[io]ng .* raised OverflowError"):
        run_pingpong(PipeOf(Negating))


def test_a_recipe_module_plays_under_its_name(transport: str) -> None:
    by_module = run_pingpong(load(transport), tokens=4)
    by_name = run_pingpong(transport, tokens=4)
    assert by_module.transport == by_name.transport == transport
    assert by_module.count == by_name.count
