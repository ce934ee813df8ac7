"""Call a function that may be slow, or may crash, in a process that can be replaced.

    python examples/pipe_time_limit.py math:factorial 5 20 -1
    python examples/pipe_time_limit.py --limit 1 time:sleep 0.1 60 0.2
    python examples/pipe_time_limit.py os:_exit 3

Each argument is one call, and is a Python literal if it can be one. A call that raised,
crashed, or took too long is reported, the others are answered: status 1.
"""

import ast
import pkgutil
import sys
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any

import housekeeping
from housekeeping import complain, end_of, show_progress


def serve(function: Callable[[Any], Any], calls: Connection) -> None:
    """Answer every argument with True and the result, or with False and the error."""
    housekeeping.end_with_parent()
    calls.send((True, None))  # ready: the time limit is not for starting up
    while True:
        argument = calls.recv()
        try:
            calls.send((True, function(argument)))
        except Exception as error:  # the function's, or that its result cannot be sent
            calls.send((False, f"{type(error).__name__}: {error}"))


class Worker:
    """A process that calls ``function``, and that is replaced when it fails to answer."""

    STARTUP_LIMIT_S = 60.0

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.start()

    def start(self) -> None:
        self.calls, theirs = Pipe()
        self.process = Process(target=serve, args=(self.function, theirs), daemon=True)
        try:
            with theirs, housekeeping.ctrl_c_is_for_us():  # EOFError needs ours to be closed
                self.process.start()
            self.answer(self.STARTUP_LIMIT_S)
        except Exception as error:
            sys.exit(f"the worker cannot start: {error or 'it died'}")

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.calls.close()

    def call(self, argument: object, limit_s: float) -> Any:
        """The result of the function, or RuntimeError if there is none in time."""
        if self.calls.poll():  # it has nothing to say between calls, so it has died
            self.stop()
            self.start()
        try:
            self.calls.send(argument)
            is_result, value = self.answer(limit_s)
        except Exception as error:  # late, dead, or nothing that can be received
            self.stop()
            has_died = isinstance(error, EOFError | ConnectionError)
            value = f"the worker {end_of(self.process.exitcode)}" if has_died else error
            is_result = False
            self.start()
        if not is_result:
            raise RuntimeError(value)
        return value

    def answer(self, limit_s: float) -> Any:
        if not self.calls.poll(limit_s):
            raise TimeoutError(f"no answer within {limit_s:g} s")
        return self.calls.recv()


def function_named(name: str) -> Callable[[Any], Any]:
    try:
        function: Callable[[Any], Any] = pkgutil.resolve_name(name)
    except (ImportError, AttributeError) as error:
        raise ValueError(error) from None
    if not callable(function):
        raise ValueError
    return function


def literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument("function", metavar="MODULE:FUNCTION", type=function_named)
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="+")
    parser.add_argument("--limit", type=float, default=5.0, metavar="S", help="seconds (5)")
    args = housekeeping.parse(parser)
    if not 0 < args.limit <= 86_400:
        parser.error("--limit must be more than 0, and a day at most")
    worker, failures = Worker(args.function), 0
    try:
        for number, text in enumerate(args.arguments, 1):
            show_progress(f"call {number} of {len(args.arguments)}")
            try:
                answer = repr(worker.call(literal(text), args.limit))
            except (RuntimeError, ValueError) as error:
                complain(f"{text}: {error}")
                failures += 1
            else:
                show_progress("")
                print(f"{text}: {answer}", flush=True)
    finally:
        worker.stop()
    return 1 if failures else 0


if __name__ == "__main__":
    housekeeping.run(main)
