"""``ipc_cookbook diagnose``: who waits for whom in a program that hangs."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser, checked, duration, integer
from ipc_cookbook.cli.output import complain, printable
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError
from ipc_cookbook.errors import BadValue, TransportUnavailable
from ipc_cookbook.printing import say

if TYPE_CHECKING:
    from ipc_cookbook.diagnose import Diagnosis

DESCRIPTION = """\
Say who waits for whom in a program that hangs, and why. The program is not stopped, and nothing
runs in it. Linux only."""
EPILOG = """\
exit status: 0 no hang found, or the program came to its end; 1 it hangs, or likely so

examples:
  python -m ipc_cookbook diagnose 4711
  python -m ipc_cookbook diagnose --run python my_program.py"""
LONGEST_S = 3600.0


class Options(argparse.Namespace):
    pid: int | None
    run: list[str] | None
    seconds: float
    json: bool


def seconds(text: str) -> float:
    value = duration(text)
    if not 0 < value <= LONGEST_S:
        raise ValueError(f"must be more than 0, and no more than {LONGEST_S:g}, not {text}")
    return value


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("pid", metavar="PID", nargs="?", type=integer, help="a process of the program")
    add(
        "--seconds",
        type=checked(seconds),
        default=1.0,
        metavar="S",
        help="between the two looks that decide who moves (1)",
    )
    add(
        "--run",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="start this program, look once nothing has moved for 2 s, and end it if it hangs",
    )


def run(options: Options, results: list[dict[str, Any]]) -> int:
    if (options.pid is None) == (not options.run):
        raise UsageError("diagnose needs the id of a process, or --run and a program")
    if sys.platform != "linux":
        raise TransportUnavailable(f"diagnose takes Linux, and this is {sys.platform}")
    need("diagnose", "diagnose", "psutil", without="py-spy")
    diagnosis = look_at(options.pid, options) if options.pid is not None else run_and_look(options)
    if diagnosis is None:
        return DONE
    results.append(as_dict(diagnosis))
    if not options.json:
        from ipc_cookbook.diagnose.telling import told

        say("\n".join(map(printable, told(diagnosis).splitlines())))
    return FAILED if diagnosis.findings else DONE


def look_at(pid: int, options: Options) -> Diagnosis:
    from ipc_cookbook.diagnose import diagnose

    return diagnose(pid, seconds=options.seconds)


def run_and_look(options: Options) -> Diagnosis | None:
    """Start a program, and look whenever it has come to rest; None if it comes to its end.

    What it prints goes to standard error. It is ended once it hangs.
    """
    from ipc_cookbook.gallery.watch import MARK, wait_until_still, watched_folder

    assert options.run
    with watched_folder() as (_, mark):
        try:
            program = subprocess.Popen(
                options.run, stdout=sys.stderr, env={**os.environ, MARK: mark}
            )
        except OSError as error:
            raise BadValue(f"--run: cannot start {options.run[0]!r}: {error.strerror}") from None
        while wait_until_still(program):
            try:
                diagnosis = look_at(program.pid, options)
            except BadValue:  # it has ended just now
                continue
            if diagnosis.findings:
                return diagnosis
        complain(f"no hang: {options.run[0]} {ending(program.wait())}")
        return None


def ending(status: int) -> str:
    return f"ended with status {status}" if status >= 0 else f"was killed by signal {-status}"


def as_dict(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        **diagnosis._asdict(),
        "findings": [each._asdict() for each in diagnosis.findings],
        "processes": [
            {**each._asdict(), "threads": [thread._asdict() for thread in each.threads]}
            for each in diagnosis.processes
        ],
    }
