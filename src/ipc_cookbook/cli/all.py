"""``ipc_cookbook all``: play over every recipe, a line each."""

from __future__ import annotations

import sys
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.cli.options import GameOptions, Parser, add_game_options
from ipc_cookbook.cli.output import print_verdict
from ipc_cookbook.cli.play import describe
from ipc_cookbook.cli.statuses import DONE, FAILED, MISSING, TIMED_OUT, explain
from ipc_cookbook.errors import PingPongError
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.render.verdict import verdict

DESCRIPTION = "Play over every recipe."
EPILOG = ""

Options = GameOptions


def add_options(parser: Parser) -> None:
    add_game_options(parser, delay=0.0)


def run(options: Options, results: list[dict[str, Any]]) -> int:
    for name in catalog.names():
        described, text = play(name, options)
        results.append(described)
        if not options.json:
            print_verdict(sys.stdout, name, text, went_well=described["status"] == DONE)
    statuses = {described["status"] for described in results}
    return next((status for status in (FAILED, TIMED_OUT, MISSING) if status in statuses), DONE)


def play(name: str, options: Options) -> tuple[dict[str, Any], str]:
    """What came of one game, for JSON and for people."""
    try:
        result = run_pingpong(name, **options.as_arguments())
    except PingPongError as error:
        status, described = explain(error)
        return {"transport": name, "status": status, "error": described}, described["message"]
    guarantees = catalog.guarantees(name)
    went_well = result.keeps(guarantees)
    return describe(result, went_well=went_well), verdict(result, guarantees)
