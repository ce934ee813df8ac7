"""What an import costs: every player's process pays it again."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import ipc_cookbook

PROGRAM = """
import json, sys
{statement}
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"zmq", "rich", "argparse", "asyncio", "numpy", "hypothesis"}


def modules_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import ipc_cookbook",
        "from ipc_cookbook import *",
        "import ipc_cookbook.__main__",
        "from ipc_cookbook import run_pingpong; run_pingpong('pipe', tokens=2)",
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    modules = modules_after(statement)
    assert "ipc_cookbook" in modules
    assert modules.isdisjoint(HEAVY)


def test_pyzmq_is_imported_by_its_recipe_alone() -> None:
    assert "zmq" not in modules_after("from ipc_cookbook.recipes import pipe, tcp_socket")
    assert "zmq" in modules_after("from ipc_cookbook.recipes import zeromq")


def test_all_public_names_are_there() -> None:
    for name in ipc_cookbook.__all__:
        assert hasattr(ipc_cookbook, name)
    assert set(ipc_cookbook.__all__) <= set(dir(ipc_cookbook))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ipc_cookbook.nonsense
