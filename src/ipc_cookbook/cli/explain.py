"""``ipc_cookbook explain``: find the pitfall that a message, a traceback or a question is about."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import textwrap
from typing import Any

from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.output import complain, printable
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError
from ipc_cookbook.gallery.advice import Advice, advise
from ipc_cookbook.printing import say

DESCRIPTION = "Find the pitfall that an error's message, a traceback or a question is about."
EPILOG = "example: my_program 2>&1 | python -m ipc_cookbook explain"
MOST_BYTES = 2**20
"""Of what is read; the end counts, where the error is."""


class Options(argparse.Namespace):
    text: list[str]
    json: bool


def add_options(parser: Parser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="*", help="(what standard input has)")


def run(options: Options, results: list[dict[str, Any]]) -> int:
    text = " ".join(options.text) if options.text else read_to_the_end()
    if not text.strip():
        raise UsageError("there is no text: give it as an argument, or on standard input")
    found = advise(text)
    results += [
        {key: each for key, each in advice._asdict().items() if key != "weight"} for advice in found
    ]
    if not options.json:
        say("\n\n".join(map(paragraph, found)), end="\n" if found else "")
    if not found:
        complain("no pitfall fits; the list of them: python -m ipc_cookbook pitfall")
    return DONE if found else FAILED


def read_to_the_end() -> str:
    """Standard input. The first Ctrl-C is for the program that writes to it, and may hang."""
    if sys.stdin is None:
        return ""
    if not sys.stdin.isatty() and signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, hear_the_next_one)
    text = b""
    while more := os.read(sys.stdin.fileno(), 2**16):
        text = (text + more)[-MOST_BYTES:]
    return text.decode(errors="replace")


def hear_the_next_one(number: int, frame: object) -> None:
    """A signal handler."""
    signal.signal(number, signal.default_int_handler)


def paragraph(advice: Advice) -> str:
    parts = {"cause": advice.cause, "fix": advice.fix, "read": ", ".join(advice.read)}
    wrap = textwrap.TextWrapper(
        98, initial_indent="  ", subsequent_indent=" " * 9, break_on_hyphens=False
    )
    lines = [f"{advice.name}: {printable(advice.symptom)}"]
    for name, text in parts.items():
        lines.append(wrap.fill(f"{name + ':':7}{text.replace('``', '')}"))
    return "\n".join(lines)
