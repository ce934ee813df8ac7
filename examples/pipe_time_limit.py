"""Call a function that may be slow, or may crash, in a process that can be replaced.

    python examples/pipe_time_limit.py math:factorial 5 20 -1
    python examples/pipe_time_limit.py --limit 1 time:sleep 0.1 60 0.2
    python examples/pipe_time_limit.py os:_exit 3

Each argument is one call, and is a Python literal if it can be one. A call that raised,
crashed, or took too long is reported, the others are answered: status 1.
"""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any

import command_line
import workers
from command_line import complain, say

STARTUP_LIMIT_S = 60.0
Function = Callable[[Any], Any]


def serve(function: Function, calls: Connection) -> None:
    """Answer each argument with the result and "", or with None and what went wrong."""
    workers.end_with_parent()
    calls.send((None, ""))  # ready: the time limit is not for starting up
    while True:
        argument = calls.recv()
        try:
            calls.send((function(argument), ""))
        except Exception as error:  # the function's, or that its result cannot be sent
            calls.send((None, f"{type(error).__name__}: {error}"))


class Worker:
    """A process that calls ``function``, and that is replaced when it fails to answer."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.start()

    def start(self) -> None:
        self.calls, theirs = Pipe()
        self.process = Process(target=serve, args=(self.function, theirs))
        with theirs:  # with our copy open, the pipe would not end when the worker does
            workers.start(self.process)
        self.answer(STARTUP_LIMIT_S)

    def stop(self) -> None:
        workers.stop(self.process)
        self.calls.close()

    def call(self, argument: object, limit_s: float) -> Any:
        """The function's result.

        :raises RuntimeError: the function raised something.
        :raises ChildProcessError: it took too long, or it crashed.
        """
        if self.calls.closed or self.calls.poll():  # who speaks between calls has died
            self.stop()
            self.start()
        with suppress(ConnectionError):  # if it has died, we shall hear of it
            self.calls.send(argument)
        result, problem = self.answer(limit_s)
        if problem:
            raise RuntimeError(problem)
        return result

    def answer(self, limit_s: float) -> Any:
        try:
            if not self.calls.poll(limit_s):
                raise TimeoutError(f"no answer within {limit_s:g} s")
            return self.calls.recv()
        except Exception as error:  # late, dead, or no answer that can be received
            self.stop()
            has_died = isinstance(error, EOFError | ConnectionError)
            reason = f"the worker {workers.end_of(self.process)}" if has_died else error
            raise ChildProcessError(reason) from None


def main() -> int:
    parser = command_line.make_parser(__doc__)
    add, seconds = parser.add_argument, command_line.between(0.001, 86_400.0)
    add("function", metavar="MODULE:FUNCTION", type=command_line.function)
    add("arguments", metavar="ARGUMENT", nargs="+")
    add("--limit", type=seconds, default=5.0, metavar="S", help="seconds for a call (5)")
    args = command_line.parse(parser)
    worker, failures = Worker(args.function), 0
    try:
        with command_line.progress(len(args.arguments), "calls") as show:
            for number, text in enumerate(args.arguments, 1):
                try:
                    say(f"{text}: {worker.call(command_line.literal(text), args.limit)!r}")
                except (RuntimeError, ChildProcessError, ValueError) as error:
                    complain(f"{text}: {error}")
                    failures += 1
                show(number)
    finally:
        worker.stop()
    return 1 if failures else 0


if __name__ == "__main__":
    command_line.run(main)
