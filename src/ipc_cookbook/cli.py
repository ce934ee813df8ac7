"""The command line. Standard output carries the data, standard error everything else."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TextIO

import ipc_cookbook
from ipc_cookbook import (
    ConnectionFailed,
    OutputClosed,
    Peer,
    PeerLost,
    PingPongError,
    PingPongResult,
    PingPongTimeout,
    PlayerDied,
    TransportUnavailable,
    UnknownTransport,
    catalog,
    interrupts,
    run_pingpong,
)
from ipc_cookbook.arguments import parse_size

KEY_LETTERS = 19
DONE, FAILED, USAGE, MISSING, TIMED_OUT, INTERRUPTED, OUTPUT_CLOSED = 0, 1, 2, 3, 124, 130, 141

HELP = """\
usage: ipc_cookbook RECIPE [options]
       ipc_cookbook COMMAND [options]

Two processes say Ping and Pong in turn, over the mechanism of your choice.

recipes:
{recipes}

commands:
  all     play over every recipe, a line each
  bench   measure them: how fast, how evenly, at what cost
  keys    make the keys with which two hosts play
  list    what each recipe is and promises, and whether it runs here
  show    print a recipe's file, or its program, to be taken home

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

two hosts, of which the one that listens is a.example:
  python -m ipc_cookbook keys keys --host a.example
  python -m ipc_cookbook socket --listen 0.0.0.0:5555 --keys keys/pong
  python -m ipc_cookbook socket --connect a.example:5555 --keys keys/ping

exit status:
  0 it behaved as its page says     1 it did not, or a player died or was lost
  2 wrong usage                     3 something it needs is not installed
  124 timed out                     130 Ctrl-C
  141 standard output was closed
"""


Command = Callable[[argparse.Namespace, list[dict[str, Any]]], int]
"""Takes the options, adds to the results, and returns the exit status."""


class UsageError(Exception):
    """The command line cannot be understood."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options are written out."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def add_game_options(parser: Parser, delay: float = 0.01) -> None:
    add = parser.add_argument
    add("--tokens", type=whole, default=50, metavar="N", help="words in all (50)")
    add(
        "--delay",
        type=number,
        default=delay,
        metavar="S",
        help=f"seconds a player sleeps after its word ({delay:g})",
    )
    add(
        "--payload-size",
        type=size,
        default=0,
        metavar="SIZE",
        help="bytes that travel with each word: 4096, 64KiB, 1MiB (0)",
    )
    add(
        "--start-method",
        metavar="METHOD",
        help="fork, forkserver, or spawn (the platform's default)",
    )
    add(
        "--timeout",
        type=limit,
        default=60.0,
        metavar="S",
        help="seconds the whole game may take, or none (60)",
    )
    add("--quiet", action="store_true", help="no verdict on standard error")


def add_play_options(parser: Parser) -> None:
    add_game_options(parser)
    add_host_options(
        parser,
        listen="play Pong alone, with whoever calls here",
        connect="play Ping alone, with whoever listens there",
    )
    parser.add_argument(
        "--trace",
        action="append",
        default=[],
        metavar="FILE",
        help="draw the game as .svg, or write it as .json for Perfetto; may be repeated",
    )


def add_host_options(parser: Parser, listen: str, connect: str) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--listen", metavar="HOST:PORT", help=listen)
    where.add_argument("--connect", metavar="HOST:PORT", help=connect)
    parser.add_argument(
        "--keys",
        metavar="FOLDER",
        help="this side's keys, made by: keys DIR; without them loopback addresses alone will do",
    )


def add_keys_options(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", metavar="DIR", help="a new folder, for DIR/ping and DIR/pong")
    add(
        "--host",
        action="append",
        default=[],
        metavar="NAME_OR_IP",
        help="where the side that listens will be called; may be repeated (this machine's name, "
        "and localhost always)",
    )
    add("--days", type=number, default=365.0, metavar="N", help="how long they are valid (365)")
    add("--quiet", action="store_true", help="no word on standard error")


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, not {text!r}") from None


def limit(text: str) -> float | None:
    return None if text == "none" else number(text)


def size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param arguments: without the program's name; None for those of this process.
    :returns: the exit status.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    interrupts.program_is_ours = True
    try:
        status = run_or_explain(given)
        if sys.stdout:
            sys.stdout.flush()
    except (BrokenPipeError, OutputClosed):
        status = OUTPUT_CLOSED
        abandon_output()
    except OSError as error:
        complain(f"standard output: {error.strerror}")
        status = FAILED
        abandon_output()
    return status


def complain(message: str) -> None:
    if sys.stderr:
        print(f"ipc_cookbook: {message}", file=sys.stderr)


def abandon_output() -> None:
    """Give up what is still to be written: Python would try once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_or_explain(given: list[str]) -> int:
    """Run the command, turn an error into a line and a status, and print JSON if asked for."""
    results: list[dict[str, Any]] = []
    error = None
    try:
        options = parse(given)
        status: int = options.function(options, results)
    except SystemExit as exit_:  # --help and --version have printed what they had to say
        return int(exit_.code or 0)
    except (PingPongError, UsageError, ValueError, TypeError, KeyboardInterrupt) as caught:
        if isinstance(caught.__cause__, OutputClosed):
            raise caught.__cause__ from None
        status, error = explain(caught)
        complain(error["message"])
    if "--json" in given and given[0] != "bench":
        print_json(status, error, results)
    return status


def parse(given: list[str]) -> argparse.Namespace:
    """What is to be done, and how.

    :raises SystemExit: help or the version was asked for, and is printed.
    """
    command, *rest = given or [""]
    if command in ("-h", "--help"):
        print(HELP.format(recipes=recipes_by_chapter()), end="")
        raise SystemExit
    if command == "--version":
        print(f"ipc_cookbook {ipc_cookbook.__version__}")
        raise SystemExit
    if not command or command.startswith("-"):
        raise UsageError("the name of a recipe or a command must come first")
    if command == "bench":
        from ipc_cookbook.bench.cli import parse as parse_bench

        return parse_bench(rest)
    if command not in catalog.MODULES and command not in COMMANDS:
        near = catalog.suggestion(command, [*catalog.MODULES, *COMMANDS, "bench"])
        raise UnknownTransport(f"there is no recipe or command {command!r}; {near}")
    function, add_options, description = COMMANDS.get(
        command, (play_one, add_play_options, f"Play over {command}.")
    )
    parser = Parser(prog=f"ipc_cookbook {command}", description=description)
    parser.set_defaults(command=command, function=function, quiet=False)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(rest)


def recipes_by_chapter() -> str:
    import textwrap

    return "\n".join(
        textwrap.fill(
            f"{title}: {', '.join(names)}", 78, initial_indent="  ", subsequent_indent="    "
        )
        for title, names in catalog.CHAPTERS.items()
    )


def explain(error: BaseException) -> tuple[int, dict[str, Any]]:
    """The exit status for an error, and its description for people and for JSON."""
    status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    message = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    if isinstance(error, UsageError):
        message += "; see --help"
    described: dict[str, Any] = {"type": type(error).__name__, "message": " ".join(message.split())}
    if isinstance(error, ConnectionFailed):
        described["reason"] = error.reason
    if isinstance(error, PlayerDied):
        described |= {"player": error.player, "pid": error.pid, "exitcode": error.exitcode}
    return status, described


STATUS_OF = (
    (KeyboardInterrupt, INTERRUPTED),
    (PingPongTimeout, TIMED_OUT),
    (TransportUnavailable, MISSING),
    (UnknownTransport, USAGE),
    (PingPongError, FAILED),
    (Exception, USAGE),
)


def print_json(status: int, error: dict[str, Any] | None, results: list[dict[str, Any]]) -> None:
    """Print what every command prints with ``--json``."""
    import json

    version = ipc_cookbook.__version__
    print(
        json.dumps({"ipc_cookbook": version, "status": status, "error": error, "results": results})
    )


def play_one(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Play over one recipe; the players print their words as they say them."""
    is_remote = options.listen is not None or options.connect is not None
    if options.keys is not None and not is_remote:
        raise UsageError("--keys is for --listen and --connect")
    if options.trace and is_remote:
        raise UsageError("--trace draws both players, and only one of them is here")
    if options.trace:
        from ipc_cookbook.bench import swimlanes

        swimlanes.check_targets(options.trace)
    try:
        play_it = play_half if is_remote else play
        result = play_it(options.command, options, echo=not options.json)
    except (PlayerDied, PeerLost, PingPongTimeout, KeyboardInterrupt):
        end_line(options)
        raise
    end_line(options)
    status = take_in(result, options, results, sys.stderr)
    for path in options.trace:
        swimlanes.write(result, path)
    return status


def end_line(options: argparse.Namespace) -> None:
    if not options.json:
        print(flush=True)


def play_all(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Play over every recipe; a line each."""
    statuses = []
    for name in catalog.MODULES:
        try:
            result = play(name, options, echo=False)
        except PingPongError as error:
            status, described = explain(error)
            results.append({"transport": name, "status": status, "error": described})
            announce(name, described["message"], status == DONE, sys.stdout, options)
        else:
            status = take_in(result, options, results, sys.stdout)
        statuses.append(status)
    return next((status for status in (FAILED, TIMED_OUT, MISSING) if status in statuses), DONE)


def play(name: str, options: argparse.Namespace, *, echo: bool) -> PingPongResult:
    return run_pingpong(name, **game_of(options), echo=echo)


def play_half(name: str, options: argparse.Namespace, *, echo: bool) -> PingPongResult:
    """The player that is on this host."""
    from ipc_cookbook.hosts.remote import play_remote, tell_people

    return play_remote(
        name,
        listen=options.listen,
        connect=options.connect,
        keys=options.keys,
        **game_of(options),
        echo=echo,
        tell=None if options.quiet else functools.partial(tell_people, name),
    )


def game_of(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments that a game takes wherever it is played."""
    return {
        "tokens": options.tokens,
        "payload": os.urandom(options.payload_size),
        "delay": options.delay,
        "start_method": options.start_method,
        "timeout": options.timeout,
    }


def make_keys(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Make the keys of two sides."""
    from ipc_cookbook.extras import need

    need("hosts", "keys")
    from ipc_cookbook.hosts.new_keys import make

    made = make(options.folder, options.host, options.days)
    results.append(made.as_dict())
    if not options.json and not options.quiet and sys.stderr:
        print(made, file=sys.stderr)
    return DONE


def take_in(
    result: PingPongResult,
    options: argparse.Namespace,
    results: list[dict[str, Any]],
    stream: TextIO | None,
) -> int:
    """Announce and keep a result; returns the exit status it stands for."""
    guarantees = catalog.guarantees(result.transport)
    went_well = result.keeps(guarantees)
    status = DONE if went_well else FAILED
    results.append({**result.as_dict(), "as_promised": went_well, "status": status, "error": None})
    announce(result.transport, verdict(result, guarantees), went_well, stream, options)
    return status


def verdict(result: PingPongResult, guarantees: frozenset[str]) -> str:
    """One sentence on what happened."""
    count = f"{result.count} {'word' if result.count == 1 else 'words'}"
    if result.count != result.expected_here:
        count += f", not {result.expected_here}"
    if result.peer:
        count += f" of {result.expected}"
    if result.peer is None and all(said == result.expected > 0 for said in result.counts.values()):
        count += ": each process counted its own copy"
    elif result.alternates:
        count += ", strictly in turn"
    else:
        count += ", out of turn"
        if "order" not in guarantees:
            count += ", as luck would have it"
    if not result.payload_intact and "count" in guarantees:
        count += ", the payload damaged"
    broken = "" if result.keeps(guarantees) else " (this is not what it promises)"
    if result.peer:
        broken += f"; {with_whom(result, result.peer)}"
    return f"{count}{broken}; {result.elapsed_s:.2f} s, {result.start_method}"


def with_whom(result: PingPongResult, peer: Peer) -> str:
    """Who played on the other host, how far away that is, and what was between."""
    key = f" ({peer.key[:KEY_LETTERS]}...)" if peer.key else ""
    text = f"with {peer.name} at {peer.address}{key}, {peer.cipher or 'not encrypted'}"
    if took_s := result.round_trip_s:
        low, middle, high = (1000 * took_s[name] for name in ("min", "median", "max"))
        text += f"; round trip {middle:.2f} ms ({low:.2f} to {high:.2f})"
    return text


def announce(
    name: str, text: str, went_well: bool, stream: TextIO | None, options: argparse.Namespace
) -> None:
    unwanted = options.json if stream is sys.stdout else options.quiet
    if unwanted or stream is None:
        return
    colour = "32" if went_well else "31"
    if stream.isatty() and not os.environ.get("NO_COLOR"):
        name = f"\x1b[{colour}m{name}\x1b[0m"
    print(f"{name}: {text}", file=stream, flush=True)


def add_show_options(parser: Parser) -> None:
    add = parser.add_argument
    add("name", metavar="RECIPE", help="which one")
    add(
        "--program",
        action="store_true",
        help="the program that uses the recipe; it imports the file as NAME_recipe.py",
    )
    add("--path", action="store_true", help="where the file is, instead of what is in it")


def show_recipe(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Print a recipe's file, or that of its program."""
    find = catalog.program_path_of if options.program else catalog.path_of
    path = find(options.name)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise PingPongError(f"cannot read {path}: {error.strerror}") from None
    results.append({"name": options.name, "path": path, "text": text})
    if not options.json:
        print(path if options.path else text, end="\n" if options.path else "")
    return DONE


def list_recipes(options: argparse.Namespace, results: list[dict[str, Any]]) -> int:
    """Print what every recipe is, promises and needs, and whether it can run here."""
    for chapter, members in catalog.CHAPTERS.items():
        results += [described(catalog.describe(name), chapter) for name in members]
    if not options.json:
        print_table(results)
    return DONE


def described(recipe: catalog.Recipe, chapter: str) -> dict[str, Any]:
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
    from itertools import groupby

    from ipc_cookbook.bench.wording import aligned

    head = ("NAME", "MECHANISM", "PROMISES", "REACH", "CARRIES", "NEEDS", "HERE")
    first, *lines = aligned([head, *map(table_row, recipes)], line_width=120)
    print(first)
    chapters = [recipe["chapter"] for recipe in recipes]
    for chapter, rows in groupby(zip(chapters, lines, strict=True), key=lambda row: row[0]):
        print(f"\n{chapter}", *(line for _, line in rows), sep="\n")
    for recipe in recipes:
        if recipe["problem"]:
            print(f"\n{recipe['problem']}")


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


COMMANDS: dict[str, tuple[Command, Callable[[Parser], None], str]] = {
    "all": (play_all, functools.partial(add_game_options, delay=0.0), "Play over every recipe."),
    "keys": (make_keys, add_keys_options, "Make the keys with which two hosts play."),
    "list": (list_recipes, lambda parser: None, "List the recipes."),
    "show": (show_recipe, add_show_options, "Print a recipe's file."),
}
