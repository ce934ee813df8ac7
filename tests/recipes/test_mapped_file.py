"""What was said lies in a file: any program can read it, and it outlives both players."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from commands import needs_posix
from driver import CODE, can_run, run
from ipc_cookbook.recipes.mapped_file import MappedFile, open_pair

ROOM = 10_000

READ = """
import json, struct, sys
with open(sys.argv[1], "rb") as file:
    token, size = struct.unpack("=QQ", file.read(16))
    print(json.dumps([token, file.read(size).decode()]))
"""


def read_by_python(path: str) -> list[object]:
    """In a process of its own, with nothing but the path."""
    read: list[object] = json.loads(run(*CODE, READ, path).stdout)
    return read


def dump(path: str, kind: str, skip: int, count: int) -> list[str]:
    options = ("-A", "n", "-v", "-t", kind, "-j", skip, "-N", count)
    return run("od", *options, path, env={"LC_ALL": "C"}).stdout.split()


def read_by_od(path: str) -> list[object]:
    token, size = map(int, dump(path, "u8", 0, 16))
    payload = bytes(int(byte, 16) for byte in dump(path, "x1", 16, size))
    return [token, payload.decode()]


READERS = pytest.mark.parametrize(
    "read",
    [
        read_by_python,
        pytest.param(
            read_by_od,
            marks=pytest.mark.skipif(not shutil.which("od"), reason="there is no od here"),
        ),
    ],
)


@READERS
def test_any_program_reads_what_was_said(read: Callable[[str], list[object]]) -> None:
    with open_pair(multiprocessing.get_context("spawn"), ROOM) as (first, second):
        with first, second:
            assert read(first.path) == [0, ""]
            for token, payload in (1, b"hello"), (2, b"hi"), (2**64 - 1, b"x" * ROOM):
                first.send((token, payload))
                assert read(first.path) == [token, payload.decode()]
                assert second.recv() == (token, payload)
        assert read(first.path) == [2**64 - 1, "x" * ROOM]


def ask(end: MappedFile) -> None:
    with end:
        end.send((1, b"hello"))
        end.recv()


def answer(end: MappedFile, is_killed: bool) -> None:
    with end:
        token, payload = end.recv()
        end.send((token + 1, payload.upper() + b"!"))
        if is_killed:
            os.kill(os.getpid(), signal.SIGKILL)


@READERS
@pytest.mark.parametrize("is_killed", [False, pytest.param(True, marks=needs_posix)])
@pytest.mark.sampled
def test_also_when_both_players_have_ended(
    read: Callable[[str], list[object]], is_killed: bool, start_method: str
) -> None:
    context: Any = multiprocessing.get_context(start_method)
    with open_pair(context, ROOM) as (first, second):
        players: list[BaseProcess] = [
            context.Process(target=ask, args=(first,)),
            context.Process(target=answer, args=(second, is_killed)),
        ]
        for player in players:
            player.start()
        for player in players:
            player.join()
        assert [player.exitcode for player in players] == [0, -signal.SIGKILL * is_killed]
        assert read(first.path) == [2, "HELLO!"]
    assert not os.path.exists(os.path.dirname(first.path))


WRITE = """
import struct, sys
with open(sys.argv[1], "r+b") as file:
    file.write(struct.pack("=QQ", 7, 8) + b"stranger")
"""


def test_any_program_writes_what_is_received() -> None:
    """It cannot ring, so a player does."""
    with open_pair(multiprocessing.get_context("spawn"), ROOM) as (first, second), first, second:
        run(*CODE, WRITE, first.path)
        first.bell.send_bytes(b"")
        assert second.recv() == (7, b"stranger")


def test_the_end_of_a_player_is_heard_as_over_a_pipe() -> None:
    with open_pair(multiprocessing.get_context("spawn"), ROOM) as (first, second), second:
        with first:
            first.send((1, b"last words"))
        assert second.recv() == (1, b"last words")
        with pytest.raises(EOFError):
            second.recv()


SHORTEN = """
import multiprocessing, os
from ipc_cookbook.recipes.mapped_file import open_pair
with open_pair(multiprocessing.get_context(), 5) as (first, second), first, second:
    first.send((1, b"hello"))
    os.truncate(first.path, 0)
    print("shortened", flush=True)
    second.recv()
"""


@needs_posix
def test_who_shortens_the_file_kills_who_reads_it(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)}
    assert run(*CODE, SHORTEN, status=-signal.SIGBUS, env=env).stdout == "shortened\n"


OPEN = """
import multiprocessing, os
from ipc_cookbook.recipes.mapped_file import open_pair
try:
    with open_pair(multiprocessing.get_context(), 2**24):
        print("made")
except OSError as error:
    print(error.errno, os.listdir("/mnt"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_a_full_disk_is_an_error_before_the_game() -> None:
    little = ("unshare", "--mount", "sh", "-c")
    mount = "mount -t tmpfs -o size=1m none /mnt"
    if not can_run(*little, mount):
        pytest.skip("needs the right to make a mount namespace")
    command = (*little, f'{mount} && exec "$@"', "sh", *CODE)
    assert run(*command, OPEN, env={"TMPDIR": "/mnt"}).stdout == f"{errno.ENOSPC} []\n"
