"""Requests and replies: one at a time, and an error that is named instead of a reply."""

from __future__ import annotations

import signal

from programs import command, strike

from driver import Running, run

PROGRAM = "request_reply.py"
FOR_EVER = 2**127 - 1  # a prime: all that is below its root is tried


def test_each_request_has_its_reply() -> None:
    done = run(*command(PROGRAM, 91, 2026, 1, 1000003, 360))
    assert done.stdout.splitlines() == [
        "91: [7, 13]",
        "2026: [2, 1013]",
        "1: [1]",
        "1000003: [1000003]",
        "360: [2, 2, 2, 3, 3, 5]",
    ]
    assert done.stderr == ""


def test_an_exception_is_a_reply_and_the_server_goes_on() -> None:
    done = run(*command(PROGRAM, 91, -1, 4), status=1)
    assert done.stdout.splitlines() == [
        "91: [7, 13]",
        "-1: isqrt() argument must be nonnegative",
        "4: [2, 2]",
    ]
    assert done.stderr == ""


def test_a_reply_that_takes_too_long_ends_it() -> None:
    done = run(*command(PROGRAM, "--limit", 0.1, FOR_EVER, 91), status=1)
    assert done.stdout == ""
    assert done.stderr == f"{FOR_EVER}: no reply within 0.1 s\n"


def test_a_killed_server_is_noticed_at_once() -> None:
    with Running(*command(PROGRAM, 91, FOR_EVER, 4)) as running:
        assert running.line() == "91: [7, 13]"
        (server,) = running.until_started(1)
        strike(server, signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err == f"{FOR_EVER}: the server died with status -9\n"


def test_an_exception_that_nobody_expects_ends_the_server() -> None:
    """More factors than there may be calls within each other."""
    done = run(*command(PROGRAM, 2**2000), status=1, traceback=True)
    assert "RecursionError" in done.stderr
    assert done.stderr.endswith(": the server died with status 1\n")
