"""Call a function that may be slow, or may crash, each time in a process of its own.

    python pipe_time_limit.py math:factorial 5 20 -1
    python pipe_time_limit.py --limit 1 time:sleep 0.1 60 0.2
    python pipe_time_limit.py os:_exit 3

Each argument is one call, and is written as JSON. A call that raised, crashed, or took
too long is reported, and the others are answered. The time that a process takes to
start counts, too.
"""

import json
import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from threading import Thread
from typing import Any


def call(function: str, argument: object, limit_s: float) -> Any:
    """The function's result.

    :raises RuntimeError: there is none; the message says why.
    """
    receiver, sender = Pipe(duplex=False)
    process = Process(target=answer, args=(function, argument, sender), daemon=True)
    with sender:  # with our copy open, the pipe would not end when the process does
        process.start()
    try:
        if not receiver.poll(limit_s):
            raise RuntimeError(f"no answer within {limit_s:g} s")
        result, problem = receiver.recv()
    except (EOFError, OSError):
        process.join()
        why = f"the process ended with status {process.exitcode}"
        raise RuntimeError(why) from None
    finally:
        process.kill()
    if problem:
        raise RuntimeError(problem)
    return result


def answer(function: str, argument: object, sender: Connection) -> None:
    """Send the result and "", or None and what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    try:
        sender.send((resolve_name(function)(argument), ""))
    except Exception as error:  # the function's, or that its result cannot be sent
        sender.send((None, f"{type(error).__name__}: {error}"))


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("function", metavar="MODULE:FUNCTION")
    add("arguments", metavar="ARGUMENT", nargs="+", type=json.loads)
    add("--limit", type=float, default=5, metavar="S", help="of a call (5)")
    args, failures = parser.parse_args(), 0
    for argument in args.arguments:
        try:
            result = call(args.function, argument, args.limit)
            print(f"{argument!r}: {result!r}", flush=True)
        except RuntimeError as error:
            print(f"{argument!r}: {error}", file=sys.stderr, flush=True)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
