"""``list``: each recipe, its facts, and whether it can run here."""

from __future__ import annotations

import re
from itertools import pairwise

from commands import cookbook, results_of
from ipc_cookbook import catalog
from samples import why_not


def test_list() -> None:
    done = cookbook("list")
    assert done.stderr == ""
    head, *chapters = done.stdout.split("\n\n")[: 1 + len(catalog.CHAPTERS)]
    assert head.split() == ["NAME", "MECHANISM", "PROMISES", "REACH", "CARRIES", "NEEDS", "HERE"]
    starts = [column.start() for column in re.finditer(r"\S+", head)]
    for chapter, (title, members) in zip(chapters, catalog.CHAPTERS.items(), strict=True):
        said, *lines = chapter.splitlines()
        assert said == title
        for line, name in zip(lines, members, strict=True):
            row = [line[start:end].strip() for start, end in pairwise([*starts, None])]
            assert row == row_of(name)
    assert max(map(len, done.stdout.splitlines())) <= 112


def row_of(name: str) -> list[str]:
    recipe = catalog.describe(name)
    return [
        name,
        recipe.mechanism,
        ", ".join(sorted(recipe.guarantees)) or "nothing",
        recipe.reach,
        recipe.carries,
        ", ".join(recipe.needs) or "-",
        "no" if why_not(name) else "yes",
    ]


def test_list_as_json() -> None:
    done = cookbook("list", "--json")
    assert done.stderr == ""
    listed = [(title, name) for title, names in catalog.CHAPTERS.items() for name in names]
    for recipe, (chapter, name) in zip(results_of(done), listed, strict=True):
        described = catalog.describe(name)
        assert recipe == {
            "name": name,
            "chapter": chapter,
            "mechanism": described.mechanism,
            "guarantees": sorted(described.guarantees),
            "reach": described.reach,
            "carries": described.carries,
            "has_stream": described.has_stream,
            "needs": described.needs,
            "can_run": why_not(name) is None,
            "problem": why_not(name),
        }
