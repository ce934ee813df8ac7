"""How it is called: help, version, and what it says to bad input before anything starts."""

from __future__ import annotations

import re
import shlex

import pytest

import ipc_cookbook
from commands import (
    EVERY_PLAYER,
    EVERY_PROCESS,
    FIRST,
    STATUSES,
    USAGE,
    WITHOUT_PROCESSES,
    assert_one_line,
    cookbook,
    error_of,
    needs_posix,
)
from driver import CODE, run
from ipc_cookbook import catalog
from ipc_cookbook.cli import main
from samples import OTHER, PLAIN, module_of


def test_version() -> None:
    done = cookbook("--version")
    assert (done.stdout, done.stderr) == (f"ipc_cookbook {ipc_cookbook.__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str) -> None:
    done = cookbook(flag)
    assert done.stderr == ""
    assert done.stdout.startswith("usage: ")
    assert set(catalog.MODULES) | set(filter(str.isalpha, main.COMMANDS)) <= set(
        re.findall(r"[\w-]+", done.stdout)
    )
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_examples_in_the_help_are_right() -> None:
    examples = re.findall(r"^  python -m ipc_cookbook (.+?)(?:  .*)?$", main.HELP, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        main.parse(*main.what_to_run(shlex.split(example.partition(" > ")[0])))


def test_the_exit_statuses_in_the_help_are_all_there_are() -> None:
    statuses = main.HELP.partition("exit status:\n")[2]
    told = {int(number) for number in re.findall(r"(?:^|  )(\d+) [a-zC]", statuses, re.MULTILINE)}
    assert told == {*STATUSES}


@pytest.mark.parametrize("command", [PLAIN, "all", "list", "show"])
def test_the_options_of_a_command(command: str) -> None:
    done = cookbook(command, "--help")
    assert done.stderr == ""
    options = {"--help", "--json"}
    if command == "show":
        options |= {"--program", "--path"}
    elif command != "list":
        options |= {"--tokens", "--delay", "--payload-size", "--start-method", "--timeout"}
        options |= {"--quiet"}
    assert options <= set(re.findall(r"--[a-z-]+", done.stdout))


# Bad input

BAD_INPUT = {
    "": "the name of a recipe or a command must come first",
    f"--tokens 5 {PLAIN}": "must come first",
    PLAIN[:-1]: f"{PLAIN[:-1]!r}; did you mean {PLAIN}",
    f"{OTHER}s": f"'{OTHER}s'; did you mean {OTHER}",
    "lisst": "did you mean list or ",
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
    f"{PLAIN} --delay soon": "must be a number of seconds, or as in 1ms, not 'soon'",
    f"{PLAIN} --timeout -1": "timeout must be between 0 and",
    f"{PLAIN} --timeout nan": "timeout must be between 0 and",
    f"{PLAIN} --timeout never": "must be a number of seconds, or as in 1ms, not 'never'",
    f"{PLAIN} --start-method thread": "start_method must be one of ",
    f"{PLAIN} --payload-size -1": "must be a size such as",
    f"{PLAIN} --payload-size 1.5KiB": "must be a size such as",
    f"{PLAIN} --payload-size 2GiB": "must be at most 1GiB",
    "all --tokens -1": "tokens must be 0 or more",
    "list --tokens 4": "unrecognized arguments: --tokens 4",
    "show": "the following arguments are required: RECIPE; see --help",
    "show --path": "the following arguments are required: RECIPE; see --help",
    f"show {PLAIN[:-1]}": f"no recipe is called {PLAIN[:-1]!r}; did you mean {PLAIN}",
    "show help": f"no recipe is called 'help'; there are {FIRST},",
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
    done = cookbook(*split(command), "--json", status=USAGE)
    assert_one_line(done.stderr, BAD_INPUT[command])
    assert set(error_of(done)) == {"type", "message"}


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
    assert_one_line(run(*CODE, program, *arguments, status=USAGE).stderr)


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
    done = run(*CODE, program, PLAIN, *arguments, status=USAGE)
    assert_one_line(done.stderr, "payload must be empty, not 1 bytes")


@needs_posix
@pytest.mark.parametrize("refused", [EVERY_PROCESS, EVERY_PLAYER])
def test_a_start_of_a_process_would_have_been_noticed(start_method: str, refused: str) -> None:
    program = WITHOUT_PROCESSES.format(refused=refused, prelude="")
    done = run(*CODE, program, PLAIN, "--start-method", start_method, status=99)
    assert done.stderr == "a process was started\n"
