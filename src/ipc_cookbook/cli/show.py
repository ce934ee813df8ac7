"""``ipc_cookbook show``: print a recipe's file, or its program, to be taken home."""

from __future__ import annotations

import argparse
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.statuses import DONE
from ipc_cookbook.errors import PingPongError
from ipc_cookbook.printing import say

DESCRIPTION = "Print a recipe's file."
EPILOG = ""


class Options(argparse.Namespace):
    recipe: str
    program: bool
    path: bool
    json: bool


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="which one")
    add(
        "--program",
        action="store_true",
        help="the program that uses the recipe; it imports the file as NAME_recipe.py",
    )
    add("--path", action="store_true", help="where the file is, instead of what is in it")


def run(options: Options, results: list[dict[str, Any]]) -> int:
    find = catalog.program_path_of if options.program else catalog.path_of
    path = find(options.recipe)
    try:
        text = catalog.read(path)
    except OSError as error:
        if not catalog.has_source(options.recipe):
            raise PingPongError(f"there is no {path}: only compiled files are installed") from None
        raise PingPongError(f"cannot read {path}: {error.strerror or 'it is missing'}") from None
    results.append({"name": options.recipe, "path": path, "text": text})
    if not options.json:
        say(path if options.path else text, end="\n" if options.path else "")
    return DONE
