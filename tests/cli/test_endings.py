"""SIGTERM and SIGHUP: cleaned up as after Ctrl-C, one line, and 128 and the signal's number."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from announced import command_line_game
from commands import assert_one_line, error_of, needs_posix
from driver import CODE, COOKBOOK, Running, run
from faulty import with_helpers
from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers
from samples import PLAIN, skip_unless_here

pytestmark = [needs_posix, pytest.mark.part]

ENDLESS = ("--delay", "3600", "--timeout", "none")
SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
WHOM = pytest.mark.parametrize("whom", ["group", "parent"])


@pytest.mark.few
@SIGNALS
@WHOM
def test_a_signal_ends_a_game(
    transport: str, start_method: str, number: signal.Signals, whom: str
) -> None:
    """No folder of it is left, no socket, no process."""
    before = Leftovers.now()
    with Running(*COOKBOOK, transport, *ENDLESS, "--start-method", start_method) as program:
        assert program.out.read(4) in ("Ping", "Pong")
        program.signal(number, whom)
        _, err = program.end(128 + number, limit_s=5)
    assert_one_line(err, f"ended by {number.name}")
    before.assert_nothing_new()


@SIGNALS
@WHOM
def test_a_signal_ends_helpers_too(start_method: str, number: signal.Signals, whom: str) -> None:
    for recipe in with_helpers():
        test_a_signal_ends_a_game(recipe, start_method, number, whom)


@pytest.mark.sampled
@SIGNALS
@WHOM
@pytest.mark.parametrize(
    "recipe",
    [name if name == PLAIN else pytest.param(name, marks=pytest.mark.sweep) for name in MODULES],
)
def test_a_signal_at_any_moment(
    recipe: str, start_method: str, number: signal.Signals, whom: str
) -> None:
    skip_unless_here(recipe)
    chance = random.Random(f"{recipe} {start_method} {number} {whom}")
    for _ in range(3):
        before = Leftovers.now()
        with command_line_game(recipe, start_method) as program:
            time.sleep(chance.uniform(0, 0.3))
            program.signal(number, whom)
            _, err = program.end(128 + number, limit_s=5)
        assert_one_line(err, f"ended by {number.name}")
        before.assert_nothing_new()


ENDS_ITSELF = """
import os, signal, sys
from ipc_cookbook.__main__ import main
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
signal.setitimer(signal.ITIMER_REAL, 0.5)
sys.exit(main())
"""


def test_an_ending_as_json() -> None:
    done = run(*CODE, ENDS_ITSELF, PLAIN, *ENDLESS, "--json", status=143)
    assert error_of(done) == {"type": "Terminated", "message": "ended by SIGTERM"}


IGNORES = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_what_is_ignored_stays_ignored() -> None:
    """As under ``nohup``."""
    with Running(*CODE, IGNORES, *COOKBOOK, PLAIN, *ENDLESS) as program:
        assert program.out.read(8) == "PingPong"
        program.signal(signal.SIGHUP, "parent")
        program.signal(signal.SIGTERM, "parent")
        _, err = program.end(143)
    assert_one_line(err, "ended by SIGTERM")


def test_a_player_that_is_asked_to_end_has_died() -> None:
    """That one alone; the command is not taken for the one that was asked."""
    with Running(*COOKBOOK, PLAIN, *ENDLESS) as program:
        assert program.out.read(8) == "PingPong"
        os.kill(program.children()[0], signal.SIGTERM)
        _, err = program.end(1)
    assert_one_line(err, "was killed by SIGTERM after 1 word")


def test_a_hang_up_of_the_terminal() -> None:
    """By then nothing can be written any more, and the status says why it ended."""
    before = Leftovers.now()
    terminals = ("stdout", "stderr")
    with Running(*COOKBOOK, PLAIN, *ENDLESS, terminals=terminals) as program:
        assert program.out.read(8) == "PingPong"
        program.out.close()
        program.err.close()
        program.signal(signal.SIGHUP)
        assert program.popen.wait(5) == 129
    before.assert_nothing_new()


@SIGNALS
def test_as_the_first_process_of_a_container(number: signal.Signals) -> None:
    """To which the system gives no signal that it does not ask for."""
    contained = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    if not shutil.which("unshare") or subprocess.run([*contained, "true"]).returncode:
        pytest.skip("needs the right to make a process namespace")
    for recipe in [PLAIN, *with_helpers()]:
        with Running(*contained, *COOKBOOK, recipe, *ENDLESS) as program:
            assert program.out.read(8) == "PingPong"
            (first,) = program.children()
            os.kill(first, number)
            _, err = program.end(128 + number, limit_s=5)
        assert_one_line(err, f"ended by {number.name}")
