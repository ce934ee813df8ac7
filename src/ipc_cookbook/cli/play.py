"""``ipc_cookbook RECIPE``: play over one recipe; the players print their words as they say them."""

from __future__ import annotations

import functools
import sys
from contextlib import suppress
from typing import Any

from ipc_cookbook import catalog
from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import (
    GameOptions,
    HostOptions,
    Parser,
    add_game_options,
    add_host_options,
)
from ipc_cookbook.cli.output import report_progress, verdict_line, write_file
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError
from ipc_cookbook.errors import OutputFailed, PeerLost, PingPongTimeout, PlayerDied
from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.game.run import run_pingpong
from ipc_cookbook.printing import remark, say
from ipc_cookbook.render.verdict import verdict

DESCRIPTION = "Play over this recipe."
EPILOG = ""


class Options(GameOptions, HostOptions):
    recipe: str
    trace: list[str]


def add_options(parser: Parser) -> None:
    add_game_options(parser, delay=0.01)
    add_host_options(parser)
    parser.add_argument(
        "--trace",
        action="append",
        default=[],
        metavar="FILE",
        help="draw the game as .svg, or write it as .json for Perfetto; may be repeated",
    )


def run(options: Options, results: list[dict[str, Any]]) -> int:
    if options.trace:
        check_traces(options)
    play = play_here if not options.is_remote else play_one_side
    try:
        result = play(options)
    except (PlayerDied, PeerLost, PingPongTimeout, KeyboardInterrupt):
        with suppress(OutputFailed):  # why it ended is what is to be told
            end_line(options)
        raise
    end_line(options)
    guarantees = catalog.guarantees(options.recipe)
    went_well = result.keeps(guarantees)
    if options.json:
        results.append(describe(result, went_well=went_well))
    if not options.quiet:
        text = verdict(result, guarantees)
        remark(verdict_line(sys.stderr, options.recipe, text, went_well=went_well))
    if options.trace:
        from ipc_cookbook.render import trace

        for path in options.trace:
            write_file(path, trace.as_file(result, path))
    return DONE if went_well else FAILED


def check_traces(options: Options) -> None:
    """See that each can be written.

    :raises ValueError: one cannot.
    :raises UsageError: there is nothing to draw.
    """
    from ipc_cookbook.render.files import check_target
    from ipc_cookbook.render.trace import SUFFIXES

    if options.is_remote:
        raise UsageError("--trace draws both players, and only one of them is here")
    for path in options.trace:
        check_target(path, SUFFIXES)


def play_here(options: Options) -> PingPongResult:
    return run_pingpong(options.recipe, **options.as_arguments(), echo=not options.json)


def play_one_side(options: Options) -> PingPongResult:
    """Play with the player that is on this host."""
    if options.server is None:
        modules = "ipc_cookbook.hosts.remote", "ipc_cookbook.hosts.keys"
        need("hosts", "--listen and --connect", *modules)
    from ipc_cookbook.hosts.remote import play_remote

    return play_remote(
        options.recipe,
        listen=options.listen,
        connect=options.connect,
        keys=options.keys,
        server=options.server,
        player=options.player,
        game=options.game,
        password=options.password() if options.server is not None else None,
        **options.as_arguments(),
        echo=not options.json,
        tell=None if options.quiet else functools.partial(report_progress, options.recipe),
    )


def end_line(options: Options) -> None:
    if not options.json:
        say("")


def describe(result: PingPongResult, *, went_well: bool) -> dict[str, Any]:
    """The result as JSON has it, with the exit status that it stands for."""
    status = DONE if went_well else FAILED
    return {**result.as_dict(), "as_promised": went_well, "status": status, "error": None}
