"""Every recipe module is a ``Transport``, as far as a type checker can see."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from homemade import HomemadeTransport
from ipc_cookbook import Transport
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.recipes import (
    global_variable,
    manager,
    mp_queue,
    one_queue,
    pipe,
    shared_value,
    tcp_socket,
    zeromq,
)

RECIPES: dict[str, Transport] = {
    "global": global_variable,
    "queue": mp_queue,
    "one-queue": one_queue,
    "pipe": pipe,
    "value": shared_value,
    "manager": manager,
    "socket": tcp_socket,
    "zeromq": zeromq,
}

OF_ONE_S_OWN: Transport = HomemadeTransport()
NO_TRANSPORT: Transport = sys  # type: ignore[assignment]


def test_every_recipe_is_checked() -> None:
    assert {name: vars(module)["__name__"] for name, module in RECIPES.items()} == {
        name: f"ipc_cookbook.recipes.{module}" for name, module in MODULES.items()
    }


def test_recipes_are_transports() -> None:
    """In strict mode an unused ``type: ignore`` is an error, so the one above counts too."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", __file__],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
