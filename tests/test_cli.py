"""The command line as a person meets it: a process, its two streams, and its exit status."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest

import ipc_cookbook
from ipc_cookbook import catalog
from ipc_cookbook.cli import main
from ipc_cookbook.leftovers import private_temporary_folder
from missing import what_to_install, why_not, without_packages_of
from samples import (
    IN_TURN,
    NEEDS_PACKAGE,
    NO_COUNT,
    NO_ORDER,
    OTHER,
    PLAIN,
    all_that,
    module_of,
    skip_unless_here,
)

DONE, FAILED, USAGE, MISSING, TIMED_OUT, INTERRUPTED, OUTPUT_CLOSED = 0, 1, 2, 3, 124, 130, 141

PATIENCE_S = 30
PROGRAM = (sys.executable, "-m", "ipc_cookbook")
DEFAULT_METHOD = multiprocessing.get_all_start_methods()[0]
FIRST = next(iter(catalog.MODULES))

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here"
)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of these tests, without what would change output or buffering."""
    changing = {"NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "PYTHONUNBUFFERED", "TERM"}
    kept = {name: value for name, value in os.environ.items() if name not in changing}
    return {**kept, "TERM": "xterm", **(extra or {})}


def run(
    *command: str | Path, text: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end.

    :param text: what it reads from standard input.
    :param env: variables to add to the environment.
    """
    return subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=environment(env),
        check=False,
    )


def ipc_cookbook_(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``python -m ipc_cookbook`` with these arguments. It must not show a traceback."""
    done = run(*PROGRAM, *arguments, env=env)
    assert "Traceback (most" not in done.stderr
    return done


def printed_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What was printed with ``--json``: one object on one line, and the status in it."""
    assert done.stdout.count("\n") == 1
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["ipc_cookbook"] == ipc_cookbook.__version__
    assert report["status"] == done.returncode
    return report


def game_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one result of a game that went well."""
    report = printed_json(done)
    assert report["error"] is None
    (game,) = report["results"]
    assert (game["status"], game["error"]) == (done.returncode, None)
    assert isinstance(game, dict)
    return game


def assert_verdict(text: str, name: str, said: str, method: str = DEFAULT_METHOD) -> None:
    """One line: the name, what happened, how long it took, the start method."""
    expected = rf"{name}: {said}; \d+\.\d\d s, {method}\n"
    assert re.fullmatch(expected, text), f"{text!r} does not match {expected!r}"


def words_of(name: str, tokens: int) -> int:
    """How many words are said in all."""
    return tokens if "count" in catalog.describe(name).guarantees else 2 * tokens


def told_of(name: str, tokens: int) -> str:
    """What is said of a game that went as promised; a regular expression."""
    words = f"{words_of(name, tokens)} words"
    if name in NO_COUNT:
        return f"{words}, not {tokens}: each process counted its own copy"
    luck = "|out of turn, as luck would have it" if name in NO_ORDER else ""
    return f"{words}, (strictly in turn{luck})"


def assert_one_line(text: str, *parts: str) -> None:
    assert text.startswith("ipc_cookbook: ")
    assert text.count("\n") == 1
    assert text.endswith("\n")
    for part in parts:
        assert part in text


# One recipe


@pytest.mark.parametrize("name", IN_TURN)
def test_a_recipe_says_its_words_in_turn(name: str) -> None:
    skip_unless_here(name)
    done = ipc_cookbook_(name, "--tokens", "6")
    assert done.returncode == DONE
    assert done.stdout == "PingPongPingPongPingPong\n"
    assert_verdict(done.stderr, name, "6 words, strictly in turn")


def test_fifty_words_unless_told_otherwise() -> None:
    done = ipc_cookbook_(PLAIN)
    assert done.returncode == DONE
    assert done.stdout == "PingPong" * 25 + "\n"
    assert_verdict(done.stderr, PLAIN, "50 words, strictly in turn")


@pytest.mark.parametrize("name", NO_COUNT)
def test_it_says_plainly_that_nothing_crossed(name: str, start_method: str) -> None:
    done = ipc_cookbook_(name, "--delay", "0", "--start-method", start_method)
    assert done.returncode == DONE
    assert sorted(re.findall("Ping|Pong", done.stdout)) == ["Ping"] * 50 + ["Pong"] * 50
    assert len(done.stdout) == len("Ping") * 100 + len("\n")
    said = "100 words, not 50: each process counted its own copy"
    assert_verdict(done.stderr, name, said, start_method)


@pytest.mark.parametrize("name", NO_ORDER)
def test_it_keeps_the_count_and_leaves_the_order_to_luck(name: str) -> None:
    done = ipc_cookbook_(name, "--delay", "0")
    assert done.returncode == DONE
    assert len(re.findall("Ping|Pong", done.stdout)) == 50
    luck = "out of turn, as luck would have it"
    assert_verdict(done.stderr, name, f"50 words, (strictly in turn|{luck})")


def test_a_game_as_json(transport: str) -> None:
    done = ipc_cookbook_(transport, "--json", "--delay", "0", "--quiet")
    assert (done.returncode, done.stderr) == (DONE, "")
    game = game_of(done)
    assert (game["transport"], game["start_method"]) == (transport, DEFAULT_METHOD)
    words = words_of(transport, 50)
    assert (game["expected"], game["count"]) == (50, words)
    assert sum(game["counts"].values()) == words
    assert sorted(re.findall("Ping|Pong", game["transcript"])) == sorted(
        chain.from_iterable([word] * number for word, number in game["counts"].items())
    )
    if transport in IN_TURN:
        assert game["transcript"] == "PingPong" * 25
        assert game["alternates"]
        assert game["ok"]
    assert game["as_promised"]
    assert game["payload_intact"]
    assert game["pids"]["Ping"] != game["pids"]["Pong"]
    assert 0 < game["startup_s"] < game["elapsed_s"] < PATIENCE_S
    assert all(0 <= seconds < game["elapsed_s"] for seconds in game["cpu_s"].values())


@pytest.mark.parametrize("name", NO_COUNT)
def test_what_fails_as_taught_is_not_ok_and_yet_as_promised(name: str) -> None:
    game = game_of(ipc_cookbook_(name, "--json", "--delay", "0", "--payload-size", "1"))
    assert not game["ok"]
    assert game["as_promised"]
    assert game["counts"] == {"Ping": 50, "Pong": 50}
    assert not game["payload_intact"]


def test_start_methods(start_method: str) -> None:
    command = (PLAIN, "--tokens", "3", "--start-method", start_method)
    done = ipc_cookbook_(*command)
    assert (done.returncode, done.stdout) == (DONE, "PingPongPing\n")
    assert_verdict(done.stderr, PLAIN, "3 words, strictly in turn", start_method)
    assert game_of(ipc_cookbook_(*command, "--json"))["start_method"] == start_method


@pytest.mark.parametrize("size", ["1", "64KiB", "1M"])
def test_a_payload_travels_along(size: str) -> None:
    game = game_of(ipc_cookbook_(PLAIN, "--tokens", "4", "--payload-size", size, "--json"))
    assert game["ok"]
    assert game["payload_intact"]


@pytest.mark.parametrize(
    ("tokens", "words", "said"), [("0", "", "0 words"), ("1", "Ping", "1 word")]
)
def test_no_word_and_one_word_are_games_too(tokens: str, words: str, said: str) -> None:
    done = ipc_cookbook_(PLAIN, "--tokens", tokens)
    assert (done.returncode, done.stdout) == (DONE, f"{words}\n")
    assert_verdict(done.stderr, PLAIN, f"{said}, strictly in turn")
    game = game_of(ipc_cookbook_(PLAIN, "--tokens", tokens, "--json"))
    assert game["transcript"] == words
    assert game["ok"]
    assert (game["startup_s"] is None) == (tokens == "0")


def test_quiet_leaves_the_words_alone() -> None:
    done = ipc_cookbook_(PLAIN, "--tokens", "2", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (DONE, "PingPong\n", "")


def test_the_delay_is_kept() -> None:
    game = game_of(ipc_cookbook_(PLAIN, "--tokens", "5", "--delay", "0.1", "--json"))
    assert game["elapsed_s"] > 2 * 0.1  # Ping says three words, and sleeps between them


def test_nothing_is_left_open() -> None:
    """In development mode Python complains of whatever was not closed."""
    done = ipc_cookbook_(PLAIN, "--tokens", "2", env={"PYTHONDEVMODE": "1"})
    assert_verdict(done.stderr, PLAIN, "2 words, strictly in turn")


def test_the_console_script() -> None:
    script = Path(sysconfig.get_path("scripts"), "ipc-cookbook")
    done = run(script, PLAIN, "--tokens", "2")
    assert (done.returncode, done.stdout) == (DONE, "PingPong\n")
    assert_verdict(done.stderr, PLAIN, "2 words, strictly in turn")
    assert run(script, PLAIN, "--tokens", "x").returncode == USAGE


# Lists, help, and names


def test_list() -> None:
    done = ipc_cookbook_("list")
    assert (done.returncode, done.stderr) == (DONE, "")
    head, *chapters = done.stdout.split("\n\n")[: 1 + len(catalog.CHAPTERS)]
    assert head.split() == ["NAME", "MECHANISM", "PROMISES", "REACH", "CARRIES", "NEEDS", "HERE"]
    starts = [column.start() for column in re.finditer(r"\S+", head)]
    for chapter, (title, members) in zip(chapters, catalog.CHAPTERS.items(), strict=True):
        said, *lines = chapter.splitlines()
        assert said == title
        for line, name in zip(lines, members, strict=True):
            row = [line[start:end].strip() for start, end in pairwise([*starts, None])]
            assert row == row_of(name)
    assert max(map(len, done.stdout.splitlines())) <= 100


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
    done = ipc_cookbook_("list", "--json")
    assert (done.returncode, done.stderr) == (DONE, "")
    report = printed_json(done)
    assert report["error"] is None
    listed = [(title, name) for title, names in catalog.CHAPTERS.items() for name in names]
    for recipe, (chapter, name) in zip(report["results"], listed, strict=True):
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


HERE = [name for name in catalog.MODULES if not why_not(name)]
STATUS_OF_ALL = DONE if len(HERE) == len(catalog.MODULES) else MISSING


def test_all() -> None:
    done = ipc_cookbook_("all", "--tokens", "6")
    assert (done.returncode, done.stderr) == (STATUS_OF_ALL, "")
    lines = done.stdout.splitlines(keepends=True)
    for line, name in zip(lines, catalog.MODULES, strict=True):
        if reason := why_not(name):
            assert line == f"{name}: {reason}\n"
        else:
            assert_verdict(line, name, told_of(name, 6))


def test_all_as_json() -> None:
    done = ipc_cookbook_("all", "--tokens", "6", "--json")
    assert (done.returncode, done.stderr) == (STATUS_OF_ALL, "")
    report = printed_json(done)
    assert report["error"] is None
    assert [game["transport"] for game in report["results"]] == list(catalog.MODULES)
    for game in report["results"]:
        if reason := why_not(game["transport"]):
            assert (game["status"], game["error"]["message"]) == (MISSING, reason)
        else:
            assert (game["status"], game["error"]) == (DONE, None)
            assert game["as_promised"]


def test_version() -> None:
    done = ipc_cookbook_("--version")
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout == f"ipc_cookbook {ipc_cookbook.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str) -> None:
    done = ipc_cookbook_(flag)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("usage: ")
    assert set(catalog.MODULES) | set(filter(str.isalpha, main.COMMANDS)) <= set(
        re.findall(r"[\w-]+", done.stdout)
    )
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_examples_in_the_help_are_right() -> None:
    examples = re.findall(r"^  python -m ipc_cookbook (.+?)(?:  .*)?$", main.HELP, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        main.find_command(shlex.split(example.partition(" > ")[0])).parse()


def test_the_exit_statuses_in_the_help_are_all_there_are() -> None:
    statuses = main.HELP.partition("exit status:\n")[2]
    told = {int(number) for number in re.findall(r"(?:^|  )(\d+) [a-zC]", statuses, re.MULTILINE)}
    assert told == {DONE, FAILED, USAGE, MISSING, TIMED_OUT, INTERRUPTED, OUTPUT_CLOSED}


@pytest.mark.parametrize("command", [PLAIN, "all", "list", "show"])
def test_the_options_of_a_command(command: str) -> None:
    done = ipc_cookbook_(command, "--help")
    assert (done.returncode, done.stderr) == (DONE, "")
    options = {"--help", "--json"}
    if command == "show":
        options |= {"--program", "--path"}
    elif command != "list":
        options |= {"--tokens", "--delay", "--payload-size", "--start-method", "--timeout"}
        options |= {"--quiet"}
    assert options <= set(re.findall(r"--[a-z-]+", done.stdout))


# Taken home


@pytest.mark.parametrize("name", catalog.MODULES)
def test_a_recipe_is_shown_as_it_is(name: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    source = Path(catalog.path_of(name))
    assert source.name == f"{catalog.MODULES[name]}.py"
    for options, shown in ([], source), (["--program"], Path(catalog.program_path_of(name))):
        assert main.run(["show", name, *options]) == DONE
        assert capsysbinary.readouterr() == (shown.read_bytes(), b"")


@pytest.mark.parametrize("options", [(), ("--program",)], ids=["recipe", "program"])
def test_a_recipe_is_taken_home_without_a_byte_more(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    find = catalog.program_path_of if options else catalog.path_of
    taken = tmp_path / "taken.py"
    with open(taken, "wb") as file:
        subprocess.run([*PROGRAM, "show", PLAIN, *options], stdout=file, check=True)
    assert taken.read_bytes() == Path(find(PLAIN)).read_bytes()


@pytest.mark.parametrize("options", [(), ("--program",)], ids=["recipe", "program"])
def test_where_it_is(options: tuple[str, ...]) -> None:
    done = ipc_cookbook_("show", PLAIN, "--path", *options)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.count("\n") == 1
    path = Path(done.stdout.rstrip("\n"))
    assert path.is_absolute()
    assert path.read_text(encoding="utf-8") == ipc_cookbook_("show", PLAIN, *options).stdout


@pytest.mark.parametrize("options", ["", "--program", "--path", "--path --program"])
def test_a_recipe_shown_as_json(options: str) -> None:
    done = ipc_cookbook_("show", PLAIN, *options.split(), "--json")
    assert (done.returncode, done.stderr) == (DONE, "")
    report = printed_json(done)
    assert report["error"] is None
    find = catalog.program_path_of if "--program" in options else catalog.path_of
    path = find(PLAIN)
    text = Path(path).read_text(encoding="utf-8")
    assert report["results"] == [{"name": PLAIN, "path": path, "text": text}]


UNREADABLE = """
import sys
from ipc_cookbook import catalog
from ipc_cookbook.cli import main
catalog.path_of = lambda name: "no-folder/recipe.py"
sys.exit(main.run())
"""


def test_a_file_that_cannot_be_read() -> None:
    done = run(sys.executable, "-c", UNREADABLE, "show", PLAIN)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert_one_line(done.stderr, "cannot read no-folder/recipe.py: No such file")


def test_a_recipe_that_cannot_run_here_is_shown_all_the_same() -> None:
    done = without_package("show", NEEDS_PACKAGE)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout == Path(catalog.path_of(NEEDS_PACKAGE)).read_text(encoding="utf-8")


# Bad input

BAD_INPUT = {
    "": "the name of a recipe or a command must come first",
    f"--tokens 5 {PLAIN}": "must come first",
    PLAIN[:-1]: f"{PLAIN[:-1]!r}; did you mean {PLAIN}",
    f"{OTHER}s": f"'{OTHER}s'; did you mean {OTHER}",
    "lst": "did you mean list?",
    "shwo": "did you mean show?",
    "nothing-like-it": f"there are {', '.join(list(catalog.MODULES)[:3])},",
    f"{PLAIN}\nor\nTraceback": "there is no recipe or command",
    f"{PLAIN} {OTHER}": f"unrecognized arguments: {OTHER}; see --help",
    f"{PLAIN} --colour": "--colour",
    f"{PLAIN} --tok 4": "--tok",
    f"{PLAIN} --tokens": "--tokens",
    f"{PLAIN} --tokens -1": "tokens must be 0 or more, not -1",
    f"{PLAIN} --tokens=-1": "tokens must be 0 or more, not -1",
    f"{PLAIN} --tokens 2.5": "must be a whole number, not '2.5'",
    f"{PLAIN} --tokens fifty": "must be a whole number, not 'fifty'",
    f"{PLAIN} --tokens 99999999999999999999": "tokens must be at most",
    f"{PLAIN} --delay -0.5": "delay must be between 0 and",
    f"{PLAIN} --delay nan": "delay must be between 0 and",
    f"{PLAIN} --delay inf": "delay must be between 0 and",
    f"{PLAIN} --delay soon": "must be a number of seconds, not 'soon'",
    f"{PLAIN} --timeout -1": "timeout must be between 0 and",
    f"{PLAIN} --timeout nan": "timeout must be between 0 and",
    f"{PLAIN} --timeout never": "must be a number of seconds, not 'never'",
    f"{PLAIN} --start-method thread": "start_method must be one of ",
    f"{PLAIN} --payload-size -1": "must be a size such as",
    f"{PLAIN} --payload-size 1.5KiB": "must be a size such as",
    f"{PLAIN} --payload-size 2GiB": "must be at most 1GiB",
    "all --tokens -1": "tokens must be 0 or more",
    "list --tokens 4": "unrecognized arguments: --tokens 4",
    "show": "the following arguments are required: RECIPE; see --help",
    "show --path": "the following arguments are required: RECIPE; see --help",
    f"show {PLAIN[:-1]}": f"no recipe is called {PLAIN[:-1]!r}; did you mean {PLAIN}",
    "show list": f"no recipe is called 'list'; there are {FIRST},",
    f"show {PLAIN} {OTHER}": f"unrecognized arguments: {OTHER}; see --help",
}


def split(command: str) -> list[str]:
    return [command] if "\n" in command else command.split()


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(split(command)) == USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert_one_line(printed.err, BAD_INPUT[command])


@pytest.mark.parametrize("command", list(BAD_INPUT)[::3])
def test_bad_input_as_json(command: str) -> None:
    done = ipc_cookbook_(*split(command), "--json")
    assert done.returncode == USAGE
    assert_one_line(done.stderr, BAD_INPUT[command])
    report = printed_json(done)
    assert report["results"] == []
    assert set(report["error"]) == {"type", "message"}
    assert done.stderr == f"ipc_cookbook: {report['error']['message']}\n"


WITHOUT_PROCESSES = """
import os, runpy, sys
import _posixsubprocess
from multiprocessing.process import BaseProcess
def refuse(*arguments):
    os.write(2, b"a process was started\\n")
    raise SystemExit(99)
{refused} = refuse
{prelude}
sys.argv = ["ipc_cookbook", *sys.argv[1:]]
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""
EVERY_PROCESS = "os.fork = _posixsubprocess.fork_exec"
EVERY_PLAYER = "BaseProcess.start"


@needs_posix
@pytest.mark.parametrize(
    "command",
    [
        f"{PLAIN} --tokens -1",
        f"{PLAIN} --delay nan",
        f"{PLAIN} --timeout -1",
        f"{PLAIN} --payload-size 2GiB",
        "all --tokens -1",
    ],
)
def test_bad_input_starts_no_process(command: str, start_method: str) -> None:
    program = WITHOUT_PROCESSES.format(refused=EVERY_PROCESS, prelude="")
    arguments = [*command.split(), "--start-method", start_method]
    done = run(sys.executable, "-c", program, *arguments)
    assert done.returncode == USAGE
    assert_one_line(done.stderr)


NO_ROOM = f"""
import {module_of(PLAIN)} as recipe
def open_pair(context, max_payload):
    raise ValueError(f"payload must be empty, not {{max_payload}} bytes")
recipe.open_pair = open_pair
"""


@needs_posix
def test_a_payload_that_cannot_be_carried_starts_no_player(start_method: str) -> None:
    """Only the transport knows; multiprocessing's own servers may run by then."""
    program = WITHOUT_PROCESSES.format(refused=EVERY_PLAYER, prelude=NO_ROOM)
    arguments = ["--payload-size", "1", "--start-method", start_method]
    done = run(sys.executable, "-c", program, PLAIN, *arguments)
    assert done.returncode == USAGE
    assert_one_line(done.stderr, "payload must be empty, not 1 bytes")


@needs_posix
@pytest.mark.parametrize("refused", [EVERY_PROCESS, EVERY_PLAYER])
def test_a_start_of_a_process_would_have_been_noticed(start_method: str, refused: str) -> None:
    program = WITHOUT_PROCESSES.format(refused=refused, prelude="")
    done = run(sys.executable, "-c", program, PLAIN, "--start-method", start_method)
    assert (done.returncode, done.stderr) == (99, "a process was started\n")


# A missing package

WITHOUT_PACKAGE = f"""
import runpy, sys
{without_packages_of(NEEDS_PACKAGE)}
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""
WHAT_TO_INSTALL = what_to_install(NEEDS_PACKAGE)
MISSED_BY = all_that(
    lambda recipe: bool(
        why_not(recipe.name) or {*recipe.needs} & {*catalog.describe(NEEDS_PACKAGE).needs}
    )
)
"""The recipes that cannot run then: it, those that need the same, and those that never could."""


def without_package(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Where the package is missing that :data:`NEEDS_PACKAGE` needs."""
    done = run(sys.executable, "-c", WITHOUT_PACKAGE, *arguments)
    assert "Traceback (most" not in done.stderr
    return done


def test_a_missing_package_is_named() -> None:
    done = without_package(NEEDS_PACKAGE)
    assert (done.returncode, done.stdout) == (MISSING, "")
    assert done.stderr == f"ipc_cookbook: {WHAT_TO_INSTALL}\n"


def test_a_missing_package_as_json() -> None:
    done = without_package(NEEDS_PACKAGE, "--json")
    assert done.returncode == MISSING
    report = printed_json(done)
    assert report["results"] == []
    assert report["error"] == {"type": "TransportUnavailable", "message": WHAT_TO_INSTALL}


@needs_posix
def test_a_missing_package_is_noticed_before_any_process_starts(start_method: str) -> None:
    hidden = without_packages_of(NEEDS_PACKAGE)
    program = WITHOUT_PROCESSES.format(refused=EVERY_PROCESS, prelude=hidden)
    done = run(sys.executable, "-c", program, NEEDS_PACKAGE, "--start-method", start_method)
    assert done.returncode == MISSING
    assert_one_line(done.stderr, WHAT_TO_INSTALL)


def test_list_says_what_to_install() -> None:
    done = without_package("list")
    assert (done.returncode, done.stderr) == (DONE, "")
    lines = done.stdout.splitlines()
    assert WHAT_TO_INSTALL in lines
    assert max(map(len, lines)) <= 100
    here = dict(re.findall(r"^(\S+) .* (yes|no)$", done.stdout, re.MULTILINE))
    assert here == {name: "no" if name in MISSED_BY else "yes" for name in catalog.MODULES}


def test_list_says_what_to_install_as_json() -> None:
    report = printed_json(without_package("list", "--json"))
    assert report["status"] == DONE
    problems = {recipe["name"]: recipe["problem"] for recipe in report["results"]}
    assert [name for name, problem in problems.items() if problem] == MISSED_BY
    assert problems[NEEDS_PACKAGE] == WHAT_TO_INSTALL
    assert [recipe["name"] for recipe in report["results"] if not recipe["can_run"]] == MISSED_BY


def test_all_goes_on_with_the_others() -> None:
    done = without_package("all", "--tokens", "2")
    assert (done.returncode, done.stderr) == (MISSING, "")
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(catalog.MODULES)
    assert [line for line in lines if line.endswith(f": {WHAT_TO_INSTALL}")] == [
        f"{NEEDS_PACKAGE}: {WHAT_TO_INSTALL}"
    ]


def test_all_goes_on_with_the_others_as_json() -> None:
    report = printed_json(without_package("all", "--tokens", "2", "--json"))
    assert (report["status"], report["error"]) == (MISSING, None)
    statuses = {game["transport"]: game["status"] for game in report["results"]}
    assert statuses == {name: MISSING if name in MISSED_BY else DONE for name in catalog.MODULES}
    messages = {game["transport"]: game["error"] for game in report["results"]}
    assert messages[NEEDS_PACKAGE]["message"] == WHAT_TO_INSTALL


# Deadlines and Ctrl-C


def test_a_timeout() -> None:
    done = ipc_cookbook_(PLAIN, "--delay", "60", "--timeout", "1.5")
    assert (done.returncode, done.stdout) == (TIMED_OUT, "PingPong\n")
    assert_one_line(done.stderr, "not over after 1.5 s", "Ping had said 1", "Pong had said 1")


def test_a_timeout_as_json() -> None:
    done = ipc_cookbook_(PLAIN, "--delay", "60", "--timeout", "0.3", "--json")
    assert done.returncode == TIMED_OUT
    report = printed_json(done)
    assert report["results"] == []
    assert report["error"]["type"] == "PingPongTimeout"


def test_a_timeout_in_all_is_one_recipe_s_own() -> None:
    done = ipc_cookbook_("all", "--tokens", "2", "--timeout", "0", "--json")
    assert done.returncode == TIMED_OUT
    results = printed_json(done)["results"]
    assert [game["transport"] for game in results] == list(catalog.MODULES)
    assert {game["status"] for game in results if game["transport"] in HERE} == {TIMED_OUT}


def test_no_timeout() -> None:
    done = ipc_cookbook_(PLAIN, "--tokens", "2", "--timeout", "none")
    assert (done.returncode, done.stdout) == (DONE, "PingPong\n")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a session of its own, all of which is ended afterwards."""
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=os.name == "posix",
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                if os.name == "posix":
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()


def read(process: subprocess.Popen[str], characters: int) -> str:
    """Read standard output as it comes."""
    assert process.stdout is not None
    return process.stdout.read(characters)


ENDLESS = ("--delay", "3600", "--timeout", "none")


@needs_posix
@pytest.mark.parametrize("whom", ["everyone", "the parent"])
def test_ctrl_c(start_method: str, whom: str) -> None:
    with started(PLAIN, *ENDLESS, "--start-method", start_method) as process:
        assert read(process, 8) == "PingPong"
        if whom == "everyone":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, rest) == (INTERRUPTED, "\n")
    assert_one_line(errors, "interrupted")


@needs_posix
def test_ctrl_c_in_the_middle_of_all() -> None:
    with started("all", "--tokens", "20000") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"{FIRST}: {words_of(FIRST, 20_000)} words")
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == INTERRUPTED
    assert len(rest.splitlines()) < len(catalog.MODULES) - 1
    assert_one_line(errors, "interrupted")


CTRL_C_TO_ITSELF = """
import os, signal, sys
from ipc_cookbook.cli.main import run
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.3)
sys.exit(run())
"""


@needs_posix
def test_ctrl_c_as_json() -> None:
    done = run(sys.executable, "-c", CTRL_C_TO_ITSELF, PLAIN, *ENDLESS, "--json")
    assert done.returncode == INTERRUPTED
    assert_one_line(done.stderr, "interrupted")
    report = printed_json(done)
    assert report["results"] == []
    assert report["error"] == {"type": "KeyboardInterrupt", "message": "interrupted"}


# A player that dies

PLAYERS_THAT_FAIL = f"""
import os, sys
from contextlib import contextmanager
import {module_of(PLAIN)} as recipe
from ipc_cookbook.cli.main import run
class End:
    def send(self, message):
        pass
    def recv(self):
        {{fault}}
@contextmanager
def open_pair(context, max_payload):
    yield End(), End()
recipe.open_pair = open_pair
sys.exit(run())
"""


@needs_fork
@pytest.mark.parametrize(
    ("fault", "told", "exitcode"),
    [
        ("os._exit(7)", "exited with status 7", 7),
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL", -9),
        ("raise RuntimeError('out\\nof order')", "raised RuntimeError: out of order", 1),
    ],
)
def test_a_player_that_dies(fault: str, told: str, exitcode: int) -> None:
    program = PLAYERS_THAT_FAIL.format(fault=fault)
    command = ("-c", program, PLAIN, "--start-method", "fork", "--delay", "0")
    done = run(sys.executable, *command)
    assert done.returncode == FAILED
    assert done.stdout in ("Ping\n", "\n")
    assert_one_line(done.stderr, told)
    done = run(sys.executable, *command, "--json")
    assert done.returncode == FAILED
    report = printed_json(done)
    assert report["results"] == []
    error = report["error"]
    assert (error["type"], error["exitcode"]) == ("PlayerDied", exitcode)
    assert error["player"] in ("Ping", "Pong")
    assert f"{error['player']} (pid {error['pid']})" in error["message"]
    assert done.stderr == f"ipc_cookbook: {error['message']}\n"


# Standard output that is closed, full, or read slowly


@needs_posix
@pytest.mark.parametrize(
    ("command", "characters", "expected"),
    [
        (PLAIN, 8, "PingPong"),
        (f"{PLAIN} --start-method spawn", 8, "PingPong"),
        (f"{OTHER} --tokens 100000 --delay 0", 8, "PingPong"),
        (f"{NEEDS_PACKAGE} --tokens 1000", 8, "PingPong"),
        ("list", 1, "N"),
        ("all --tokens 1000", 1, FIRST[0]),
        (f"show {PLAIN}", 1, '"'),
        (f"{PLAIN} --json", 0, ""),
    ],
)
def test_a_pipe_closed_early(command: str, characters: int, expected: str) -> None:
    """As with ``| head -c 8``."""
    if command.startswith(NEEDS_PACKAGE):
        skip_unless_here(NEEDS_PACKAGE)
    with started(*command.split()) as process:
        assert read(process, characters) == expected
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        began = time.monotonic()
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert time.monotonic() - began < 5
    # What fits into the pipe at once is written before anybody can close it.
    in_time = (DONE,) if command.startswith(("list", "show")) else ()
    assert process.returncode in (OUTPUT_CLOSED, *in_time)
    assert errors == "" or (command.endswith("--json") and errors.count("\n") == 1)


@contextmanager
def given_up(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, which is killed afterwards; what it has started takes care of itself.

    But for the fork server's temporary folder, which nobody removes then.
    """
    with private_temporary_folder(), started(*arguments) as process:
        yield process
        process.kill()
        process.wait(timeout=PATIENCE_S)


def test_words_come_as_they_are_said() -> None:
    with given_up(PLAIN, *ENDLESS) as process:
        assert read(process, 8) == "PingPong"  # and the next word is an hour away
        assert process.poll() is None


def test_verdicts_of_all_come_as_they_are_known() -> None:
    with given_up("all", "--tokens", "20000") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"{FIRST}: ")
        assert process.poll() is None


WITHOUT_A_STREAM = """
import os, sys
os.close(int(sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-m", "ipc_cookbook", *sys.argv[2:]])
"""


@needs_posix
@pytest.mark.parametrize(
    "command",
    ["list", f"show {PLAIN}", f"{PLAIN} --tokens 4", f"{PLAIN} --json", "all --tokens 2"],
)
def test_no_standard_output_at_all(command: str) -> None:
    """As with ``>&-``: like Python's own ``print``, it says nothing, and goes on."""
    done = run(sys.executable, "-c", WITHOUT_A_STREAM, "1", *command.split())
    status = STATUS_OF_ALL if command.startswith("all") else DONE
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback (most" not in done.stderr
    assert done.stderr.count("\n") <= 1


@needs_posix
def test_no_standard_error_at_all() -> None:
    """As with ``2>&-``: standard output carries the data alone, all the same."""
    done = run(sys.executable, "-c", WITHOUT_A_STREAM, "2", PLAIN, "--tokens", "2")
    assert (done.returncode, done.stdout) == (DONE, "PingPong\n")
    done = run(sys.executable, "-c", WITHOUT_A_STREAM, "2", PLAIN[:-1])
    assert (done.returncode, done.stdout) == (USAGE, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "command",
    ["list", "--help", f"show {PLAIN}", PLAIN, f"{PLAIN} --json", "all --tokens 2"],
)
def test_standard_output_that_is_full(command: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            env=environment(),
            check=False,
        )
    assert done.returncode == FAILED
    assert "Traceback (most" not in done.stderr
    assert_one_line(done.stderr.splitlines(keepends=True)[-1], "No space left on device")


# A terminal


def on_a_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What a person sees, with ``\\n`` for the ends of lines."""
    import pty

    ours, theirs = pty.openpty()
    try:
        try:
            process = subprocess.Popen(
                [*PROGRAM, *arguments], stdout=theirs, stderr=theirs, env=environment(env)
            )
        finally:
            os.close(theirs)
        seen = b""
        with process:
            while piece := read_terminal(ours):
                seen += piece
        assert process.returncode == (STATUS_OF_ALL if "all" in arguments else DONE)
    finally:
        os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux: the program has gone
        return b""


@needs_posix
def test_colour_on_a_terminal() -> None:
    seen = on_a_terminal(PLAIN, "--tokens", "2")
    words, verdict = seen.splitlines(keepends=True)
    assert words == "PingPong\n"
    assert_verdict(verdict, re.escape(f"\x1b[32m{PLAIN}\x1b[0m"), "2 words, strictly in turn")
    assert on_a_terminal("all", "--tokens", "2").count("\x1b[32m") == len(HERE)


@needs_posix
def test_no_colour_where_it_is_not_wanted() -> None:
    for command in (PLAIN, "all"):
        assert "\x1b" not in on_a_terminal(command, "--tokens", "2", env={"NO_COLOR": "1"})
    assert "\x1b" in on_a_terminal(PLAIN, "--tokens", "2", env={"NO_COLOR": ""})


def test_no_colour_in_a_file() -> None:
    for command in (PLAIN, "all"):
        done = ipc_cookbook_(command, "--tokens", "2")
        assert "\x1b" not in done.stdout + done.stderr


@needs_posix
def test_json_on_a_terminal_is_json() -> None:
    assert json.loads(on_a_terminal(PLAIN, "--tokens", "2", "--json", "--quiet"))["status"] == DONE


# Programs that are no file, or have no guard

PROGRAM_TEXT = f"""
import sys
from ipc_cookbook import run_pingpong
print(run_pingpong({PLAIN!r}, start_method=sys.argv[1]).transcript)
"""
WORDS = "PingPong" * 25 + "\n"


def test_a_program_given_with_c(start_method: str) -> None:
    done = run(sys.executable, "-c", PROGRAM_TEXT, start_method)
    assert (done.returncode, done.stdout, done.stderr) == (DONE, WORDS, "")


@needs_fork
def test_a_program_from_standard_input_forks() -> None:
    done = run(sys.executable, "-", "fork", text=PROGRAM_TEXT)
    assert (done.returncode, done.stdout, done.stderr) == (DONE, WORDS, "")


def methods_that_import_main() -> list[str]:
    return [name for name in multiprocessing.get_all_start_methods() if name != "fork"]


@pytest.mark.parametrize("method", methods_that_import_main())
def test_a_program_from_standard_input_is_told_why_not(method: str) -> None:
    done = run(sys.executable, "-", method, text=PROGRAM_TEXT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("Traceback") == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("ipc_cookbook.errors.PingPongError: ")
    for part in (f"{method} imports the main module again", "<stdin>", "save the program"):
        assert part in error


COMMAND_TEXT = """
import sys
from ipc_cookbook.cli.main import run
sys.exit(run())
"""


@pytest.mark.parametrize("method", methods_that_import_main())
def test_the_command_line_from_standard_input_is_told_why_not(method: str) -> None:
    done = run(sys.executable, "-", PLAIN, "--start-method", method, text=COMMAND_TEXT)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert_one_line(done.stderr, f"{method} imports the main module again", "save the program")


@pytest.mark.parametrize("method", methods_that_import_main())
def test_a_program_without_the_guard_ends_and_is_told_of_it(method: str, tmp_path: Path) -> None:
    program = tmp_path / "unguarded.py"
    program.write_text(f"print('imported', flush=True)\n{PROGRAM_TEXT}")
    done = run(sys.executable, program, method)
    assert done.returncode == 1
    # Once as a program, and again as new processes begin; it does not multiply.
    assert 2 <= done.stdout.count("imported\n") < 10
    assert f"{method} imports the main module again" in done.stderr
    assert 'put the call under: if __name__ == "__main__":' in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ipc_cookbook.errors.P")


@pytest.mark.parametrize("method", methods_that_import_main())
def test_a_program_with_the_guard_works(method: str, tmp_path: Path) -> None:
    first, then = PROGRAM_TEXT.split("print")
    program = tmp_path / "guarded.py"
    program.write_text(f'{first}\nif __name__ == "__main__":\n    print{then}')
    done = run(sys.executable, program, method)
    assert (done.returncode, done.stdout, done.stderr) == (DONE, WORDS, "")


DAEMONIC = """
import multiprocessing, sys
from ipc_cookbook.cli.main import run
fork = multiprocessing.get_context("fork")
daemon = fork.Process(target=lambda: sys.exit(run()), daemon=True)
daemon.start()
daemon.join()
sys.exit(daemon.exitcode)
"""


@needs_fork
def test_a_daemonic_process_cannot_play() -> None:
    done = run(sys.executable, "-c", DAEMONIC, PLAIN, "--start-method", "fork")
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert_one_line(done.stderr, "is a daemonic process", "may not start any other")
