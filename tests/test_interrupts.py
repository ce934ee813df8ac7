"""Ctrl-C at seeded random moments, start-up among them: status 130, a line at most."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from ipc_cookbook.catalog import MODULES
from leftovers import Leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

ONE_SECOND = 1.0
ROUNDS = pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.sweep)], ids=["once", "often"]
)

PROGRAM = """
import os
os.write(1, b"#")
import sys
from ipc_cookbook.__main__ import main
raise SystemExit(main())
"""


RECIPES = [
    name if name in ("pipe", "manager", "zeromq") else pytest.param(name, marks=pytest.mark.sweep)
    for name in MODULES
]


@ROUNDS
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("whom", ["the caller", "everyone"])
def test_ctrl_c_at_any_moment(recipe: str, start_method: str, whom: str, rounds: int) -> None:
    chance = random.Random(f"{recipe} {start_method} {whom} {rounds}")
    for _ in range(rounds):
        interrupt(recipe, start_method, whom == "everyone", chance.uniform(0, 0.3))


def interrupt(transport: str, start_method: str, everyone: bool, after_s: float) -> None:
    """Press Ctrl-C that long after Python itself is up."""
    before = Leftovers.now()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, transport, "--start-method", start_method, "--delay", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.read(1) == "#"
            time.sleep(after_s)
            (os.killpg if everyone else os.kill)(process.pid, signal.SIGINT)
            _, stderr = process.communicate(timeout=ONE_SECOND)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stderr == "ipc_cookbook: interrupted\n"
    before.assert_nothing_new(patience_s=ONE_SECOND)
