"""``ipc_cookbook all``: play over every recipe, a line each."""

from __future__ import annotations

import sys
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.cli.options import GameOptions, Parser, add_game_options
from ipc_cookbook.cli.output import verdict_line
from ipc_cookbook.cli.play import describe
from ipc_cookbook.cli.statuses import DONE, FAILED, MISSING, TIMED_OUT, USAGE, described, explain
from ipc_cookbook.errors import BadValue
from ipc_cookbook.game.arguments import check_game
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.printing import remark, say
from ipc_cookbook.render.verdict import verdict

DESCRIPTION = "Play over every recipe."
EPILOG = ""

Options = GameOptions


def add_options(parser: Parser) -> None:
    add_game_options(parser, delay=0.0)


def run(options: Options, results: list[dict[str, Any]]) -> int:
    arguments = options.as_arguments()
    check_game(**arguments)  # what is wrong with them is wrong for every recipe
    for name in catalog.names():
        described, text = play(name, arguments)
        results.append(described)
        if not options.json:
            went_well = described["status"] == DONE
            say(verdict_line(sys.stdout, name, text, went_well=went_well))
    statuses = {described["status"] for described in results}
    return next((status for status in (FAILED, TIMED_OUT, MISSING) if status in statuses), DONE)


def play(name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What came of one game, for JSON and for people; the others are played whatever it was."""
    try:
        if arguments["payload"] and catalog.describe(name).carries == "nothing":
            return skipped(name, "it carries nothing, and so no payload")
        try:
            result = run_pingpong(name, **arguments)
        except BadValue as refusal:
            run_pingpong(name, **{**arguments, "payload": b"", "tokens": 0})  # if this fails too
            return skipped(name, str(refusal))  # it is not about the payload
    except Exception as error:
        return failed(name, error)
    guarantees = catalog.guarantees(name)
    went_well = result.keeps(guarantees)
    return describe(result, went_well=went_well), verdict(result, guarantees)


def skipped(name: str, reason: str) -> tuple[dict[str, Any], str]:
    described = {"transport": name, "status": DONE, "error": None, "skipped": reason}
    return described, f"skipped: {reason}"


def failed(name: str, error: Exception) -> tuple[dict[str, Any], str]:
    """An error of ours is shown whole besides."""
    explained = explain(error)
    if explained is None:
        remark(traceback_of(error))
        explained = FAILED, described(error, f"{type(error).__name__}: {error}")
    status, about = explained
    status = FAILED if status == USAGE else status
    return {"transport": name, "status": status, "error": about}, about["message"]


def traceback_of(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error)).rstrip()
