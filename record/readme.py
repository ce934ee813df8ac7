"""The README's table of recipes."""

from __future__ import annotations

import re

from ipc_cookbook import catalog
from record import ROOT

README = ROOT / "README.md"


def with_table_of_recipes(text: str) -> str:
    """The README with the table that follows from the recipes' own facts."""
    rows = [("name", "mechanism", "promises", "reach", "carries", "needs"), ("---",) * 6]
    for recipe in map(catalog.describe, catalog.names()):
        path = f"src/ipc_cookbook/recipes/{catalog.MODULES[recipe.name]}.py"
        promises = ", ".join(sorted(recipe.guarantees)) or "nothing"
        needs = ", ".join(recipe.needs) or "-"
        link = f"[`{recipe.name}`]({path})"
        rows.append((link, recipe.mechanism, promises, recipe.reach, recipe.carries, needs))
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return re.sub(r"(?<=<!-- recipes -->\n)(?:\|.*\n)+", lambda _: table, text)


def record() -> None:
    README.write_text(with_table_of_recipes(README.read_text(encoding="utf-8")), encoding="utf-8")


def why_stale() -> list[str]:
    text = README.read_text(encoding="utf-8")
    return [] if with_table_of_recipes(text) == text else ["the recipes have other facts"]
