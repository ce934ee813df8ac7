"""A game that goes on can be reached from this machine alone, if at all."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from announced import announced_game
from ipc_cookbook.catalog import describe
from processes import Port, listening_ports

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")

LOOPBACK = ("127.0.0.1", "::1")


@pytest.mark.few
def test_listens_on_loopback_only(transport: str, start_method: str) -> None:
    with announced_game(transport, start_method) as (program, _):
        ports = listening_ports(program.pid)
    recipe = describe(transport)
    is_open = "listens on all addresses" in recipe.fields.get("Server", "")
    assert ({port.address for port in ports} <= set(LOOPBACK)) != is_open
    assert not ports or recipe.reach == "hosts"


def test_a_port_would_be_found() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        assert Port(*listener.getsockname()) in listening_ports(os.getpid())
