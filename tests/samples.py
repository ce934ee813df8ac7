"""Recipes for the tests that need one of a kind, found by what they say of themselves.

No test names a recipe: it takes all of them, or one from here, or it belongs to one recipe
alone and lies in ``tests/recipes/``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ipc_cookbook import TransportUnavailable, catalog
from ipc_cookbook.catalog import Recipe

RECIPES = [catalog.describe(name) for name in catalog.names()]


def all_that(fits: Callable[[Recipe], bool]) -> list[str]:
    """The names of the recipes of a kind, in the catalog's order."""
    return [recipe.name for recipe in RECIPES if fits(recipe)]


def why_not(name: str) -> str | None:
    """Why a recipe cannot run here, in its own words; None if it can."""
    try:
        catalog.load(name)
    except TransportUnavailable as error:
        return str(error)
    return None


def skip_unless_here(name: str) -> None:
    if reason := why_not(name):
        pytest.skip(reason, allow_module_level=True)


NO_COUNT = all_that(lambda recipe: "count" not in recipe.guarantees)
"""Those that fail as taught: nothing crosses."""

NO_ORDER = all_that(lambda recipe: recipe.guarantees == {"count"})
"""Those where the order is left to luck."""

IN_TURN = all_that(lambda recipe: recipe.guarantees == {"count", "order"})
"""Those that do what one wants."""

PLAIN, OTHER, *_ = all_that(
    lambda recipe: (
        recipe.name in IN_TURN
        and recipe.has_stream
        and recipe.reach == "related processes"
        and not recipe.fields.keys() & {"Needs", "Runs on", "Server"}
    )
)
"""Two that run everywhere, and have nothing special about them."""

(ONE_MESSAGE, *_) = all_that(lambda recipe: recipe.name in IN_TURN and not recipe.has_stream)
"""One without a stream."""

(NEEDS_PACKAGE, *_) = all_that(lambda recipe: bool(recipe.needs))
"""One that needs a package."""


def module_of(name: str) -> str:
    return f"ipc_cookbook.recipes.{catalog.MODULES[name]}"
