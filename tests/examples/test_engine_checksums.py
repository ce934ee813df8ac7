"""The checksums of a folder, by engines that nobody has to install: a lost worker loses nothing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest
from programs import command

from driver import Running, until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc"),
    pytest.mark.timeout(120),
]
ENGINES = ("celery", "ray")


@pytest.fixture(params=ENGINES)
def program(request: pytest.FixtureRequest) -> str:
    engine: str = request.param
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"the program needs {engine}: pip install {engine}")
    return f"{engine}_checksums.py"


def line_of(path: Path, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {path}\n"


def reader_of(path: Path) -> int:
    """The process that has it open, other than this one; 0 if there is none."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) == str(path) and int(link.parts[2]) != os.getpid():
                return int(link.parts[2])
        except OSError:
            continue
    return 0


def until_read(path: Path) -> tuple[int, int]:
    """A descriptor to write to, and the process that reads what is written."""
    found: list[int] = []

    def has_a_reader() -> bool:
        try:
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads yet
            return False
        return True

    until(has_a_reader)
    until(lambda: reader_of(path))
    return found[0], reader_of(path)


def test_what_a_killed_worker_had_is_done_again(program: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for file in files:
        file.write_bytes(file.name.encode())
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    with Running(*command(program, tmp_path, "--workers", 2), is_tidy=False) as running:
        writer, reader = until_read(endless)
        os.kill(reader, signal.SIGKILL)
        until(lambda: reader_of(endless) not in (0, reader))
        os.write(writer, b"what it was to read")
        os.close(writer)
        out, _ = running.end(0, traceback=None, limit_s=60)
    expected = [line_of(file, file.name.encode()) for file in files]
    said = [line for line in out.splitlines(keepends=True) if line[:64].isalnum()]
    # Ray says more there, of the death.
    assert said == [*expected, line_of(endless, b"what it was to read")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["/nowhere"], "FOLDER must be a folder, not /nowhere"),
        ([".", "--workers", "0"], "argument --workers: invalid choice: 0"),
    ],
)
def test_what_is_no_way_to_call_it(program: str, given: list[str], message: str) -> None:
    with Running(*command(program, *given)) as running:
        assert message in running.end(2, limit_s=60)[1]
