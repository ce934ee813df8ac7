"""Where it writes to: a pipe, a file, a terminal; closed, full, or read slowly."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import redirect_stderr
from io import StringIO

import pytest

from commands import (
    DONE,
    FAILED,
    FIRST,
    HERE,
    OUTPUT_CLOSED,
    STATUS_OF_ALL,
    USAGE,
    assert_one_line,
    assert_verdict,
    cookbook,
    needs_posix,
)
from driver import CODE, COOKBOOK, Environment, Running, run
from ipc_cookbook.cli.output import complain, report_progress, verdict_line
from ipc_cookbook.printing import remark
from samples import NEEDS_PACKAGE, OTHER, PLAIN, skip_unless_here

pytestmark = pytest.mark.part


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
    # What fits into the pipe at once is written before anybody can close it.
    in_time = (DONE,) if command.startswith(("list", "show")) else ()
    with Running(*COOKBOOK, *command.split()) as program:
        assert program.out.read(characters) == expected
        program.out.close()
        began = time.monotonic()
        _, err = program.end(OUTPUT_CLOSED, *in_time)
        assert time.monotonic() - began < 5
    assert err == "" or (command.endswith("--json") and err.count("\n") == 1)


@needs_posix
def test_words_come_as_they_are_said() -> None:
    with Running(*COOKBOOK, PLAIN, "--delay", "3600", "--timeout", "none") as program:
        assert program.out.read(8) == "PingPong"  # and the next word is an hour away
        assert not program.has_ended


@needs_posix
def test_verdicts_of_all_come_as_they_are_known() -> None:
    with Running(*COOKBOOK, "all", "--tokens", "20000", is_tidy=False) as program:
        assert program.line().startswith(f"{FIRST}: ")
        assert not program.has_ended


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
    status = STATUS_OF_ALL if command.startswith("all") else DONE
    done = run(*CODE, WITHOUT_A_STREAM, "1", *command.split(), status=status)
    assert done.stdout == ""
    assert done.stderr.count("\n") <= 1


@needs_posix
def test_no_standard_error_at_all() -> None:
    """As with ``2>&-``: standard output carries the data alone, all the same."""
    assert run(*CODE, WITHOUT_A_STREAM, "2", PLAIN, "--tokens", "2").stdout == "PingPong\n"
    assert run(*CODE, WITHOUT_A_STREAM, "2", PLAIN[:-1], status=USAGE).stdout == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "command",
    ["list", "--help", f"show {PLAIN}", PLAIN, f"{PLAIN} --json", "all --tokens 2"],
)
def test_standard_output_that_is_full(command: str) -> None:
    with open("/dev/full", "w") as full:
        done = run(*COOKBOOK, *command.split(), stdout=full, status=FAILED)
    assert_one_line(done.stderr.splitlines(keepends=True)[-1], "No space left on device")


# A terminal


def on_a_terminal(*arguments: str, env: Environment | None = None) -> str:
    """What a person sees, with ``\\n`` for the ends of lines."""
    terminals = ("stdout", "stderr")
    with Running(*COOKBOOK, *arguments, env=env, terminals=terminals) as program:
        seen = program.end(STATUS_OF_ALL if "all" in arguments else DONE)
    return "".join(seen).replace("\r\n", "\n")


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
    for command, status in (PLAIN, DONE), ("all", STATUS_OF_ALL):
        done = cookbook(command, "--tokens", "2", status=status)
        assert "\x1b" not in done.stdout + done.stderr


@needs_posix
def test_json_on_a_terminal_is_json() -> None:
    assert json.loads(on_a_terminal(PLAIN, "--tokens", "2", "--json", "--quiet"))["status"] == DONE


STEERING = "\x1b[31m\x9b1m\a\r\u202e\udcff"
ESCAPED = r"\x1b[31m\x9b1m\x07\r\u202e\udcff"


def test_nothing_that_is_said_steers_a_terminal() -> None:
    """Whatever is in an error's text: a file's name, or another program's words."""
    text = f"it said {STEERING}, and \xe9"
    with redirect_stderr(StringIO()) as err:
        complain(text)
        report_progress("it", text)
        remark(verdict_line(err, "it", text, went_well=True))
    assert err.getvalue().splitlines() == [
        f"{name}: it said {ESCAPED}, and \xe9" for name in ("ipc_cookbook", "it", "it")
    ]
