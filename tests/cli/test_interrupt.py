"""Ctrl-C: status 130, one line, and nothing left."""

from __future__ import annotations

import pytest

from commands import (
    FIRST,
    INTERRUPTED,
    assert_one_line,
    error_of,
    needs_posix,
    words_of,
)
from driver import CODE, COOKBOOK, Running, run
from ipc_cookbook import catalog
from samples import PLAIN

pytestmark = [needs_posix, pytest.mark.part]

ENDLESS = ("--delay", "3600", "--timeout", "none")


@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c(start_method: str, whom: str) -> None:
    with Running(*COOKBOOK, PLAIN, *ENDLESS, "--start-method", start_method) as program:
        assert program.out.read(8) == "PingPong"
        program.interrupt(whom)
        rest, err = program.end(INTERRUPTED)
    assert rest == "\n"
    assert_one_line(err, "interrupted")


def test_ctrl_c_in_the_middle_of_all() -> None:
    with Running(*COOKBOOK, "all", "--tokens", "20000") as program:
        assert program.line().startswith(f"{FIRST}: {words_of(FIRST, 20_000)} words")
        program.interrupt()
        rest, err = program.end(INTERRUPTED)
    assert len(rest.splitlines()) < len(catalog.MODULES) - 1
    assert_one_line(err, "interrupted")


CTRL_C_TO_ITSELF = """
import os, signal, sys
from ipc_cookbook.cli.main import run
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.3)
sys.exit(run())
"""


def test_ctrl_c_as_json() -> None:
    done = run(*CODE, CTRL_C_TO_ITSELF, PLAIN, *ENDLESS, "--json", status=INTERRUPTED)
    assert_one_line(done.stderr, "interrupted")
    assert error_of(done) == {"type": "KeyboardInterrupt", "message": "interrupted"}
