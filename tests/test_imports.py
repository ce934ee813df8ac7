"""What an import costs: every player's process pays it again."""

from __future__ import annotations

import json

import pytest

import ipc_cookbook
from driver import CODE, run
from missing import modules_of
from samples import PLAIN, RECIPES, module_of, why_not

PROGRAM = """
import json, sys
{statement}
print(json.dumps(sorted(sys.modules)))
"""
PACKAGES = {module for recipe in RECIPES for module in modules_of(recipe.name)}
HEAVY = {
    "rich",
    "argparse",
    "asyncio",  # no recipe
    "numpy",
    "matplotlib",
    "msgspec",
    "hypothesis",
    *PACKAGES,
}  # no recipe


def modules_after(statement: str) -> set[str]:
    return set(json.loads(run(*CODE, PROGRAM.format(statement=statement)).stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import ipc_cookbook",
        "from ipc_cookbook import *",
        "import ipc_cookbook.__main__",
        f"from ipc_cookbook import run_pingpong; run_pingpong({PLAIN!r}, tokens=2)",
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    modules = modules_after(statement)
    assert "ipc_cookbook" in modules
    assert modules.isdisjoint(HEAVY)


def test_a_package_is_imported_by_the_recipes_that_need_it_alone() -> None:
    here = [recipe for recipe in RECIPES if not why_not(recipe.name)]
    others = ", ".join(module_of(recipe.name) for recipe in here if not recipe.needs)
    assert modules_after(f"import {others}").isdisjoint(PACKAGES)
    for recipe in here:
        if recipe.needs:
            imported = modules_after(f"import {module_of(recipe.name)}")
            assert not imported.isdisjoint(modules_of(recipe.name))


def test_all_public_names_are_there() -> None:
    for name in ipc_cookbook.__all__:
        assert hasattr(ipc_cookbook, name)
    assert set(ipc_cookbook.__all__) <= set(dir(ipc_cookbook))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ipc_cookbook.nonsense
