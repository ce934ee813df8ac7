"""From the arguments to the exit status.

Standard output carries the data, standard error everything else.
"""

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence
from typing import Any

import ipc_cookbook
from ipc_cookbook import catalog
from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.output import complain, print_json
from ipc_cookbook.cli.statuses import FAILED, OUTPUT_CLOSED, UsageError, explain
from ipc_cookbook.crew import signal_mask
from ipc_cookbook.errors import OutputClosed, OutputFailed, UnknownTransport
from ipc_cookbook.printing import say, wait_for_readers

HELP = """\
usage: ipc_cookbook RECIPE [options]
       ipc_cookbook COMMAND [options]

Two processes say Ping and Pong in turn, over the mechanism of your choice.

recipes:
{recipes}

commands:
  all      play over every recipe, a line each
  bench    measure them: how fast, how evenly, at what cost
  diagnose who waits for whom in a program that hangs
  explain  what an error's message, a traceback or a question is about
  keys     make the keys with which two hosts play
  list     what each recipe is and promises, and whether it runs here
  pitfall  programs that hang, fail or lie, and what mends them
  show     print a recipe's file, or its program, to be taken home

options:
  --help, after a recipe or a command: its options
  --version

examples:
  python -m ipc_cookbook socket                     fifty words over TCP
  python -m ipc_cookbook global                     the failure to begin with
  python -m ipc_cookbook pipe --tokens 9 --delay 1  nine words, slowly
  python -m ipc_cookbook queue --payload-size 1MiB --json
  python -m ipc_cookbook all --start-method spawn
  python -m ipc_cookbook socket --trace game.svg    the game as a picture
  python -m ipc_cookbook bench queue pipe           which is faster here
  python -m ipc_cookbook show pipe > pipe_recipe.py
  python -m ipc_cookbook show pipe --program > pipe_program.py
  python -m ipc_cookbook pitfall join-before-drain  see it hang, and mended
  my_program 2>&1 | python -m ipc_cookbook explain
  python -m ipc_cookbook diagnose 4711              why does process 4711 hang?

two hosts, of which the one that listens is a.example:
  python -m ipc_cookbook keys keys --host a.example
  python -m ipc_cookbook tls --listen 0.0.0.0:5555 --keys keys/pong
  python -m ipc_cookbook tls --connect a.example:5555 --keys keys/ping

exit status:
  0 it behaved as its page says     1 it did not, or a player died or was lost
  2 wrong usage                     3 something it needs is not installed
  124 timed out                     129 SIGHUP
  130 Ctrl-C                        141 standard output was closed
  143 SIGTERM
"""

COMMANDS = {
    "all": "all",
    "bench": "bench",
    "bench compare": "bench_compare",
    "bench plot": "bench_plot",
    "diagnose": "diagnose",
    "explain": "explain",
    "keys": "keys",
    "list": "list",
    "pitfall": "pitfall",
    "show": "show",
}
"""The commands, and their modules in :mod:`ipc_cookbook.cli`."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param arguments: without the program's name; None for those of this process.
    :returns: the exit status.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    signal_mask.program_is_ours = True
    for stream in sys.stdout, sys.stderr:
        wait_for_readers(stream)
    try:
        return run_or_explain(given)
    except OutputClosed:
        return OUTPUT_CLOSED
    except OutputFailed as error:
        complain(str(error))
        return FAILED


def run_or_explain(given: list[str]) -> int:
    """Run the command, turn an error into a line and a status, and print JSON if asked for."""
    results: list[dict[str, Any]] = []
    error = None
    try:
        name, rest = what_to_run(given)
        options = parse(name, rest)
        collect_garbage_from_here()
        status: int = module_of(name).run(options, results)
    except SystemExit as exit_:  # --help and --version have printed what they had to say
        return int(exit_.code or 0)
    except BaseException as caught:
        for error_or_cause in caught, caught.__cause__:
            if isinstance(error_or_cause, OutputFailed):
                raise error_or_cause from None
        explained = explain(caught)
        if explained is None:
            raise
        status, error = explained
        complain(error["message"])
        if "hang" in error:
            complain(error["hang"])
    ours = given[: given.index("--run")] if "--run" in given else given
    if "--json" in ours and given[0] != "bench":
        print_json(status, error, results)
    return status


def collect_garbage_from_here() -> None:
    """If ``__main__`` put it off: modules are no garbage, and to look at them takes 5 ms."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def what_to_run(given: list[str]) -> tuple[str, list[str]]:
    """The name of a recipe or a command, and the words after it.

    :raises SystemExit: help or the version was asked for, and is printed.
    :raises UnknownTransport: there is no such recipe or command.
    """
    first, second = [*given, "", ""][:2]
    if first in ("-h", "--help"):
        say(HELP.format(recipes=recipes_by_chapter()), end="")
        raise SystemExit
    if first == "--version":
        say(f"ipc_cookbook {ipc_cookbook.__version__}")
        raise SystemExit
    if not first or first.startswith("-"):
        raise UsageError("the name of a recipe or a command must come first")
    name = f"{first} {second}" if f"{first} {second}" in COMMANDS else first
    refuse_unknown(name, "" if name != "bench" or second.startswith("-") else second)
    return name, given[len(name.split()) :]


def module_of(name: str) -> Any:
    return importlib.import_module(f"ipc_cookbook.cli.{COMMANDS.get(name, 'play')}")


def parser_of(name: str) -> Parser:
    """The parser of a command, or of a recipe's run."""
    command = module_of(name)
    parser = Parser(
        prog=f"ipc_cookbook {name}", description=command.DESCRIPTION, epilog=command.EPILOG
    )
    command.add_options(parser)
    if name not in ("bench", "bench compare", "bench plot"):
        parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def parse(name: str, rest: list[str]) -> argparse.Namespace:
    """The options.

    :raises SystemExit: help was asked for, and is printed.
    """
    parser = parser_of(name)
    options: argparse.Namespace = module_of(name).Options()
    if name in catalog.MODULES:
        options.recipe = name
    if name == "bench":  # whose recipes may stand between its options
        return parser.parse_intermixed_args(rest, options)
    return parser.parse_args(rest, options)


def refuse_unknown(name: str, what_to_bench: str) -> None:
    """:raises UnknownTransport: there is no such recipe or command."""
    if name not in catalog.MODULES and name not in COMMANDS:
        near = catalog.suggestion(name, [*catalog.MODULES, *filter(str.isalpha, COMMANDS)])
        raise UnknownTransport(f"there is no recipe or command {name!r}; {near}")
    if what_to_bench and what_to_bench not in catalog.MODULES:
        near = catalog.suggestion(what_to_bench, [*catalog.MODULES, "compare", "plot"])
        raise UnknownTransport(f"there is no recipe or command of bench {what_to_bench!r}; {near}")


def recipes_by_chapter() -> str:
    import textwrap

    return "\n".join(
        textwrap.fill(
            f"{title}: {', '.join(names)}", 78, initial_indent="  ", subsequent_indent="    "
        )
        for title, names in catalog.CHAPTERS.items()
    )
