"""What a program in this folder has towards its user: options, messages, a bar, and a status.

Copy it along with the program that you take home, or put your own command line in its place.
A mistake is one line that names the argument, never a traceback.
"""

import argparse
import ast
import multiprocessing
import os
import pkgutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from threading import RLock
from typing import Any, NoReturn, TypeVar

Number = TypeVar("Number", int, float)
drawing = RLock()


def make_parser(description: str) -> argparse.ArgumentParser:
    """A parser that shows the description as it is, and whose errors are one line."""
    return argparse.ArgumentParser(
        description=description,
        usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line, with ``--start-method`` added, which is set."""
    parser.add_argument(
        "--start-method",
        choices=multiprocessing.get_all_start_methods(),
        help="how processes are started (the platform's default)",
    )
    args = parser.parse_args()
    multiprocessing.set_start_method(args.start_method)
    return args


def between(low: Number, high: Number) -> Callable[[str], Number]:
    """The type of an argument that is a number from ``low`` to ``high``, whole if they are."""

    def number(text: str) -> Number:
        try:
            value = type(low)(text)
        except ValueError:
            value = high + 1
        if low <= value <= high:
            return value
        kind = "a whole number" if isinstance(low, int) else "a number"
        raise argparse.ArgumentTypeError(f"{kind} from {low} to {high} is wanted, not {text!r}")

    return number


def folder(text: str) -> str:
    """The type of an argument that is an existing folder."""
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return text


def address(text: str) -> tuple[str, int]:
    """The type of an argument ``HOST:PORT``."""
    host, _, port = text.rpartition(":")
    if host and port.isdecimal() and int(port) < 2**16:
        return host, int(port)
    raise argparse.ArgumentTypeError(f"HOST:PORT is wanted, not {text!r}")


def new_file(text: str) -> Path:
    """The type of an argument that is a file to be written. Its folder must exist."""
    path = Path(text)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be written")
    return path


def lines(path: str) -> list[bytes]:
    """The type of an argument that is a file, or ``-`` for standard input: its lines."""
    try:
        with open(0 if path == "-" else path, "rb") as file:
            return file.read().splitlines()
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def secret(path: str) -> bytes:
    """The type of an argument that is a file of a secret, which its owner alone can read."""
    try:
        with open(path, "rb") as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read().strip()
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if os.name == "posix" and mode & 0o077:
        raise argparse.ArgumentTypeError(f"{path} is open to others: chmod 600 {path}")
    if not content:
        raise argparse.ArgumentTypeError(f"{path} is empty")
    return content


def function(text: str) -> Callable[[Any], Any]:
    """The type of an argument ``MODULE:FUNCTION``. The module is imported."""
    try:
        found: Callable[[Any], Any] = pkgutil.resolve_name(text)
    except Exception as error:  # there is no such thing, or its module fails
        raise argparse.ArgumentTypeError(str(error)) from None
    if not callable(found):
        raise argparse.ArgumentTypeError(f"{text} cannot be called")
    return found


def literal(text: str) -> object:
    """A Python literal's value, or the text itself if it is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


@contextmanager
def needing(package: str) -> Iterator[None]:
    """Imports in here may need this package. If it is not there: one line, and status 3."""
    try:
        yield
    except ImportError:
        complain(
            f"{os.path.basename(sys.argv[0])} needs {package}: python -m pip install {package}"
        )
        sys.exit(3)


def run(main: Callable[[], int]) -> NoReturn:
    """Run a program's main function and leave with its status: 130 for Ctrl-C, 143 for SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # a file may have any name
    try:
        with one_line_for_an_oserror():
            status = main()
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


@contextmanager
def one_line_for_an_oserror() -> Iterator[None]:
    """An OSError ends the process with status 1; with 141, and no line, if nobody reads on."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        discard_output()
        sys.exit(141 if isinstance(error, BrokenPipeError) else str(error))


def discard_output() -> None:
    """Python flushes standard output once more on its way out, and that must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(
    total: int | None, unit: str, name: str = "", row: int = 0
) -> Iterator[Callable[[int], object]]:
    """Yield a function that is to be told how much is done. On a terminal it moves a bar.

    :param unit: what is counted, or "B" for bytes.
    :param row: where the bar is, in lines below the cursor; only a bar in row 0 is left there.
    """
    tqdm = bar_class()
    if tqdm is None:
        yield lambda done: None
        return
    options = {"unit": "B", "unit_scale": True} if unit == "B" else {"unit": f" {unit}"}
    width = max(40, os.get_terminal_size(sys.stderr.fileno()).columns - 3)  # ^C must fit, too
    with tqdm(total=total, desc=name, position=row, leave=None, ncols=width, **options) as bar:
        yield lambda done: bar.update(done - bar.n)


@cache
def bar_class() -> Any:
    """That of tqdm, None if there is no terminal to draw on."""
    if not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        complain("progress bars need tqdm: python -m pip install tqdm")
        return None
    tqdm.monitor_interval = 0  # no thread
    tqdm.set_lock(drawing)  # and no semaphore: each process draws its own bars
    return tqdm


def clear_bars() -> None:
    """Make room for a line. The bars come back by themselves."""
    if sys.stderr.isatty():
        print("\r\x1b[J", end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """One line on standard output, in one piece, whoever else writes there."""
    if sys.stdout.isatty():
        clear_bars()
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """One line on standard error, in one piece, whoever else writes there."""
    clear_bars()
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
