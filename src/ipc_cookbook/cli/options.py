"""The parser, the types of option values, and the options that several commands have."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from ipc_cookbook.cli.statuses import UsageError
from ipc_cookbook.errors import BadValue
from ipc_cookbook.printing import say

Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options are written out."""

    def __init__(self, **settings: Any) -> None:
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(allow_abbrev=False, formatter_class=formatter, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def print_help(self, file: object = None) -> None:
        """Print it to standard output, and hear of it if that fails."""
        say(self.format_help(), end="")


def checked(parse_text: Callable[[str], Value]) -> Callable[[str], Value]:
    """The type of an option whose text is read by a function that raises :class:`ValueError`."""

    def parse_or_explain(text: str) -> Value:
        try:
            return parse_text(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_or_explain


def integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def at_least(least: int) -> Callable[[str], int]:
    """The type of an integer that is not below this one."""

    def parse_integer(text: str) -> int:
        value = integer(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more, not {text}")
        return value

    return parse_integer


UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def duration(text: str) -> float:
    """Seconds, or as in ``1ms`` or ``20us``."""
    number, unit = next(
        ((text.removesuffix(unit), s) for unit, s in UNITS_S.items() if text.endswith(unit)),
        (text, 1.0),
    )
    try:
        return float(number) * unit
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a number of seconds, or as in 1ms, not {text!r}"
        ) from None


def time_limit(text: str) -> float | None:
    """Seconds, or ``none``."""
    return None if text == "none" else duration(text)


def size(text: str) -> int:
    """Bytes, as in ``64KiB``."""
    from ipc_cookbook.game.arguments import parse_size

    return checked(parse_size)(text)


class GameOptions(argparse.Namespace):
    """What a game is to be like."""

    tokens: int
    delay: float
    payload_size: int
    start_method: str | None
    timeout: float | None
    quiet: bool
    json: bool

    def as_arguments(self) -> dict[str, Any]:
        """The arguments that a game takes wherever it is played."""
        return {
            "tokens": self.tokens,
            "payload": os.urandom(self.payload_size),
            "delay": self.delay,
            "start_method": self.start_method,
            "timeout": self.timeout,
        }


def add_game_options(parser: Parser, delay: float) -> None:
    add = parser.add_argument
    add("--tokens", type=integer, default=50, metavar="N", help="words in all (50)")
    add(
        "--delay",
        type=duration,
        default=delay,
        metavar="S",
        help=f"seconds a player sleeps after its word ({delay:g})",
    )
    add(
        "--payload-size",
        type=size,
        default=0,
        metavar="SIZE",
        help="bytes that travel with each word: 4096, 64KiB, 1MiB (0)",
    )
    add_start_method(parser)
    add_timeout(parser, "the whole game")
    add("--quiet", action="store_true", help="no verdict on standard error")


def add_start_method(parser: Parser) -> None:
    parser.add_argument(
        "--start-method",
        metavar="METHOD",
        help="fork, forkserver, or spawn (the platform's default)",
    )


def add_timeout(parser: Parser, what: str) -> None:
    parser.add_argument(
        "--timeout",
        type=time_limit,
        default=60.0,
        metavar="S",
        help=f"seconds {what} may take, or none (60)",
    )


class HostOptions(argparse.Namespace):
    """Where the other player is, if it is on another host."""

    listen: str | None
    connect: str | None
    keys: str | None
    server: str | None
    player: str | None
    game: str | None
    password_file: str | None

    @property
    def is_remote(self) -> bool:
        """Whether only one player is here.

        :raises UsageError: there are keys for nobody, or nobody's keys.
        """
        has_connection = self.listen is not None or self.connect is not None
        if self.keys is not None and not has_connection:
            raise UsageError("--keys is for --listen and --connect")
        if has_connection and self.keys is None:
            raise UsageError(
                "--listen and --connect need --keys, or anybody could play; make some with: "
                "python -m ipc_cookbook keys DIR"
            )
        if self.server is not None and self.player is None:
            raise UsageError("--server needs --player Ping on one host, --player Pong on the other")
        if self.server is None:
            for option in "player", "game", "password_file":
                if getattr(self, option) is not None:
                    raise UsageError(f"--{option.replace('_', '-')} is for --server")
        return has_connection or self.server is not None

    def password(self) -> str | None:
        """What is in the file, or else in the environment. It is nowhere else, and never shown.

        :raises ValueError: the file cannot be read, or others can read it.
        """
        if self.password_file is None:
            return os.environ.get("IPC_COOKBOOK_PASSWORD")
        try:
            with open(self.password_file, encoding="utf-8") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                first = file.readline().rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise BadValue(f"--password-file {self.password_file} cannot be read: {why}") from None
        if os.name == "posix" and mode & 0o077:
            raise BadValue(
                f"others than its owner may read {self.password_file} (mode {mode:04o}); forbid "
                f"that with: chmod 600 {self.password_file}"
            )
        return first


def add_host_options(parser: Parser) -> None:
    where = parser.add_mutually_exclusive_group()
    add = where.add_argument
    add("--listen", metavar="HOST:PORT", help="play Pong alone, with the one who calls here")
    add("--connect", metavar="HOST:PORT", help="play Ping alone, with the one who listens there")
    add("--server", metavar="URL", help="play one player alone, through a server that is there")
    add = parser.add_argument
    add("--keys", metavar="FILE", help="this side's keys, made by: keys DIR")
    add("--player", metavar="NAME", help="which one, with --server: Ping or Pong")
    add("--game", metavar="NAME", help="the game's name, the same on both hosts (a random one)")
    add(
        "--password-file",
        metavar="FILE",
        help="the server's password (what is in the environment as IPC_COOKBOOK_PASSWORD)",
    )
