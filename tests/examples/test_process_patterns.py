"""The patterns: what comes is said as it comes, and a death at once."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from programs import command

from driver import Running, run

PROGRAM = "process_patterns.py"


def test_answers_come_as_they_are_ready() -> None:
    with Running(*command(PROGRAM, 60, 0)) as running:
        assert running.line() == "0: 0"
        for process in running.until_started(1):
            with suppress(ProcessLookupError):  # the one that has answered
                os.kill(process, signal.SIGKILL)
        assert running.line() == "60: died with status -9"
        assert running.end(1) == ("", "")


def test_a_process_that_cannot_do_it_is_named() -> None:
    done = run(*command(PROGRAM, 0, "x"), status=1)
    assert sorted(done.stdout.splitlines()) == ["0: 0", "x: died with status 1"]
    assert done.stderr == "x is no number\n"
