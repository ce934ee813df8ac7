"""``ipc_cookbook list``: what every recipe is, promises and needs, and whether it runs here."""

from __future__ import annotations

import argparse
from itertools import groupby
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.statuses import DONE
from ipc_cookbook.errors import TransportUnavailable
from ipc_cookbook.printing import say
from ipc_cookbook.render.wording import aligned

DESCRIPTION = "List the recipes."
EPILOG = ""


class Options(argparse.Namespace):
    json: bool


def add_options(parser: Parser) -> None:
    pass


def run(options: Options, results: list[dict[str, Any]]) -> int:
    for chapter, members in catalog.CHAPTERS.items():
        results += [describe(catalog.describe(name), chapter) for name in members]
    if not options.json:
        print_table(results)
    return DONE


def describe(recipe: catalog.Recipe, chapter: str) -> dict[str, Any]:
    try:
        catalog.load(recipe.name)
        problem = None
    except TransportUnavailable as error:
        problem = str(error)
    return {
        "name": recipe.name,
        "chapter": chapter,
        "mechanism": recipe.mechanism,
        "guarantees": sorted(recipe.guarantees),
        "reach": recipe.reach,
        "carries": recipe.carries,
        "has_stream": recipe.has_stream,
        "needs": recipe.needs,
        "can_run": problem is None,
        "problem": problem,
    }


def print_table(recipes: list[dict[str, Any]]) -> None:
    """A block for each chapter, all with the same columns."""
    head = ("NAME", "MECHANISM", "PROMISES", "REACH", "CARRIES", "NEEDS", "HERE")
    first, *lines = aligned([head, *map(table_row, recipes)], line_width=112)
    said = [first]
    chapters = [recipe["chapter"] for recipe in recipes]
    for chapter, rows in groupby(zip(chapters, lines, strict=True), key=lambda row: row[0]):
        said += [f"\n{chapter}", *(line for _, line in rows)]
    said += [f"\n{recipe['problem']}" for recipe in recipes if recipe["problem"]]
    say("\n".join(said))


def table_row(recipe: dict[str, Any]) -> tuple[str, ...]:
    return (
        recipe["name"],
        recipe["mechanism"],
        ", ".join(recipe["guarantees"]) or "nothing",
        recipe["reach"],
        recipe["carries"],
        ", ".join(recipe["needs"]) or "-",
        "yes" if recipe["can_run"] else "no",
    )
