"""Who can come to the meeting, where it may be, and who the kernel says has come."""

from __future__ import annotations

import multiprocessing
import os
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from driver import CODE, Running
from processes import child
from samples import why_not

if reason := why_not("unix-socket"):
    pytest.skip(reason, allow_module_level=True)

from ipc_cookbook.recipes.unix_socket import UnixEnd, open_pair

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="what Linux allows and tells")

CALLER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as own:
    own.connect(sys.argv[1])
    own.sendall((1).to_bytes(8) + (5).to_bytes(8) + b"hello")
    with own.makefile("rb") as file:
        print(file.read().hex())
"""
"""A program that knows the path, and nothing of the recipe. It sends one message, then listens."""


class Meeting(NamedTuple):
    listens: UnixEnd
    connects: UnixEnd
    path: str


@contextmanager
def meeting() -> Iterator[Meeting]:
    with open_pair(multiprocessing.get_context("spawn"), 100) as (listens, connects):
        assert isinstance(connects.place, str)
        yield Meeting(listens, connects, connects.place)


class Peer(NamedTuple):
    """What the kernel says of the process at the other end."""

    pid: int
    uid: int
    gid: int


def peer_of(connection: socket.socket) -> Peer:
    size = struct.calcsize("iII")
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return Peer(*struct.unpack("iII", said))


def test_an_unrelated_program_that_knows_the_path_connects() -> None:
    with meeting() as ends, Running(*CODE, CALLER, ends.path) as program:
        with ends.listens as end:
            assert end.recv() == (1, b"hello")
            end.send((2, b"and you"))
        answer = (2).to_bytes(8) + (7).to_bytes(8) + b"and you"
        assert program.end(0) == (f"{answer.hex()}\n", "")


def test_the_end_of_an_unrelated_program_is_seen_at_once() -> None:
    """Nobody has a copy of its end."""
    with meeting() as ends, Running(*CODE, CALLER, ends.path) as program, ends.listens as end:
        assert end.recv() == (1, b"hello")
        program.kill()
        with pytest.raises(EOFError):
            end.recv()


def test_only_the_owner_may_enter_the_folder() -> None:
    with meeting() as ends:
        folder = Path(ends.path).parent
        assert [path.is_socket() for path in folder.iterdir()] == [True]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.geteuid()
    assert not folder.exists()


@needs_linux
def test_the_kernel_tells_whose_process_has_connected() -> None:
    with meeting() as ends, Running(*CODE, CALLER, ends.path) as program:
        assert isinstance(ends.listens.place, socket.socket)
        with ends.listens.place.accept()[0] as connection:
            assert peer_of(connection) == (program.pid, os.geteuid(), os.getegid())
            with connection.makefile("rb") as file:
                assert file.read(21).endswith(b"hello")
        program.end(0)


def send_own_pid(end: UnixEnd) -> None:
    with end:
        end.send((os.getpid(), b""))


@needs_linux
@pytest.mark.sampled
def test_to_who_connects_it_tells_who_listened_not_who_accepted(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 0) as (listens, connects), socket.socket(socket.AF_UNIX) as own:
        assert isinstance(connects.place, str)
        with child(context, send_own_pid, listens) as process:
            own.connect(connects.place)
            with own.makefile("rb") as file:
                accepted = int.from_bytes(file.read(8))
            assert accepted == process.pid
            assert peer_of(own).pid == os.getpid()


@contextmanager
def temporary_folder(length: int, letter: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One whose path has so many bytes."""
    place = os.path.join(tempfile.gettempdir(), "")
    count, rest = divmod(length - len(os.fsencode(place)), len(letter.encode()))
    folder = place + letter * count + "x" * rest
    os.mkdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", folder)
    try:
        yield
    finally:
        monkeypatch.undo()
        os.rmdir(folder)


OWN_NAMES = len("/tmpxxxxxxxx/meeting")


@needs_linux
@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_path_of_107_bytes_is_short_enough(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_folder(107 - OWN_NAMES, letter, monkeypatch), meeting() as ends:
        assert len(os.fsencode(ends.path)) == 107
        with socket.socket(socket.AF_UNIX) as own:
            own.connect(ends.path)


@needs_linux
@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_path_of_108_bytes_is_too_long(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = pytest.raises(OSError, match="AF_UNIX path too long")
    with temporary_folder(108 - OWN_NAMES, letter, monkeypatch), refusal, meeting():
        pass
