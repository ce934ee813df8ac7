"""What the download programs share: the server, one download, and the account of all.

A download is collected in a temporary folder beside its place. It gets its own name only
once its length and its SHA-256 are those that were published.
"""

import argparse
import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import command_line
from command_line import complain
from slow_server import FAULTS

unsaid: list[OSError] = []
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy


@dataclass(frozen=True)
class Published:
    """One file, as the server describes it."""

    number: int
    name: str
    url: str
    size: int
    sha256: str


@dataclass
class Outcome:
    """What became of one download. Times are those of ``time.perf_counter``, in seconds."""

    name: str
    begin: float
    end: float
    error: str = ""


class DownloadFailed(Exception):
    """What arrived is not what was published."""


def make_parser(description: str) -> argparse.ArgumentParser:
    """The options that all download programs have."""
    parser = command_line.make_parser(description)
    add = parser.add_argument
    add(
        "--seconds",
        type=command_line.between(0.0, 3600.0),
        nargs=2,
        default=(5, 10),
        metavar=("LOW", "HIGH"),
        help="how long the server takes for a file (5 10)",
    )
    add("--into", type=command_line.folder, metavar="FOLDER", help="keep the files there")
    add("--fault", choices=FAULTS, help="what goes wrong with the first file")
    seconds = command_line.between(0.01, 3600.0)
    add("--patience", type=seconds, default=10.0, metavar="S", help="without a byte (10)")
    return parser


def parse(parser: argparse.ArgumentParser, *, by_processes: bool = False) -> argparse.Namespace:
    args = command_line.parse(parser) if by_processes else parser.parse_args()
    low, high = args.seconds
    if low > high:
        parser.error("argument --seconds: LOW is more than HIGH")
    return args


@contextmanager
def offered_files(args: argparse.Namespace) -> Iterator[tuple[list[Published], Path]]:
    """Run the server; yield what it offers and the folder in which to collect it.

    The server is a program of its own. It reads from a pipe that it never gets anything
    from: when this end is closed, by whatever it may be, the server ends.
    """
    server = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("slow_server.py")),
            *("--seconds", *map(str, args.seconds)),
            *(("--fault", args.fault) if args.fault else ()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us alone
    )
    with server, TemporaryDirectory(dir=args.into, prefix=".part-") as folder:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            offer = json.loads(server.stdout.readline())
            yield [Published(number, **file) for number, file in enumerate(offer)], Path(folder)
        finally:
            server.stdin.close()


def download(
    who: str,
    file: Published,
    folder: Path,
    args: argparse.Namespace,
    must_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Fetch one file. A failure is part of the outcome, not an exception."""
    with (
        reporting(who, file) as outcome,
        arriving(file, folder, args.into) as write,
        OPENER.open(file.url, timeout=args.patience) as response,
    ):
        while chunk := response.read1():
            if must_stop():
                raise DownloadFailed("given up")
            write(chunk)
    return outcome


@contextmanager
def reporting(who: str, file: Published) -> Iterator[Outcome]:
    """Say when a download begins and how it ended."""
    say(f"{who} starts: {file.name}")
    outcome = Outcome(file.name, begin=time.perf_counter(), end=0.0)
    try:
        yield outcome
    except TimeoutError:
        outcome.error = "the server has gone silent"
    except (OSError, EOFError, http.client.HTTPException, DownloadFailed) as error:
        outcome.error = str(getattr(error, "reason", error))
    finally:
        outcome.end = time.perf_counter()
    if outcome.error:
        report_failure(outcome)
    else:
        seconds = outcome.end - outcome.begin
        say(f"{file.name} is complete: {file.size} bytes as published, {seconds:.2f} s")


def report_failure(outcome: Outcome) -> None:
    complain(f"failed: {outcome.name}: {outcome.error}")


@contextmanager
def arriving(
    file: Published, folder: Path, destination: str | None
) -> Iterator[Callable[[bytes], None]]:
    """Collect one file; put it in its place if it is complete and right."""
    part = folder / Path(file.name).name  # a name from elsewhere must not lead elsewhere
    size, digest = 0, hashlib.sha256()
    with (
        part.open("wb") as output,
        command_line.progress(file.size, "B", file.name, 1 + file.number) as show,
    ):

        def write(chunk: bytes) -> None:
            nonlocal size
            size += len(chunk)
            if size > file.size:
                raise DownloadFailed(f"longer than the {file.size} bytes published")
            digest.update(chunk)
            output.write(chunk)
            show(size)

        yield write
    if size < file.size:
        raise DownloadFailed(f"cut off after {size} of {file.size} bytes")
    if digest.hexdigest() != file.sha256:
        raise DownloadFailed("not the content that was published")
    if destination is not None:
        os.replace(part, os.path.join(destination, part.name))


def say(line: str) -> None:
    """A download goes on, even if nobody can be told; the program's status says so at the end."""
    try:
        command_line.say(line)
    except OSError as error:
        command_line.discard_output()
        unsaid.append(error)


def conclude(outcomes: Sequence[Outcome], begin: float) -> int:
    """Say how long it all took, and how much of that at the same time.

    :param begin: when it all began, by ``time.perf_counter``.
    :returns: the exit status.
    :raises OSError: standard output could not be written.
    """
    total = time.perf_counter() - begin
    together, covered_until = 0.0, 0.0
    for outcome in sorted(outcomes, key=lambda outcome: outcome.begin):
        together += max(0.0, min(covered_until, outcome.end) - outcome.begin)
        covered_until = max(covered_until, outcome.end)
    single = sum(outcome.end - outcome.begin for outcome in outcomes)
    say(f"Total {total:.2f} s for waits of {single:.2f} s, {together:.2f} s at the same time.")
    if unsaid:
        raise unsaid[0]
    return 1 if any(outcome.error for outcome in outcomes) else 0
