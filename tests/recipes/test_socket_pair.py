"""What a pair of sockets is to ``Pipe()``, and when its end is seen."""

from __future__ import annotations

import multiprocessing
import os
import select
import socket
import stat
import struct
import subprocess
import sys

import pytest

from commands import needs_fork, needs_posix
from ipc_cookbook.recipes.socket_pair import HEADER, SocketEnd, open_pair
from processes import child
from streams import LIMIT_S


def is_readable(end: socket.socket, limit_s: float) -> bool:
    """Whether there is something to receive, or the end, within this time."""
    return end in select.select([end], [], [], limit_s)[0]


def kind_of(descriptor: int) -> int:
    return stat.S_IFMT(os.fstat(descriptor).st_mode)


@needs_posix
@pytest.mark.sampled
def test_the_ends_of_a_pipe_are_such_a_pair(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 0) as ends:
        assert [kind_of(end.connection.fileno()) for end in ends] == [stat.S_IFSOCK] * 2
    for end in context.Pipe():
        with end, socket.socket(fileno=os.dup(end.fileno())) as same:
            assert kind_of(end.fileno()) == stat.S_IFSOCK
            assert (same.family, same.type) == (socket.AF_UNIX, socket.SOCK_STREAM)
    for end in context.Pipe(duplex=False):
        with end:
            assert kind_of(end.fileno()) == stat.S_IFIFO


def answer(end: SocketEnd) -> None:
    token, payload = end.recv()
    end.send((token + 1, payload))


@pytest.mark.parametrize("closes_copy", [False, True])
def test_the_end_comes_only_once_our_copy_is_closed(closes_copy: bool, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 5) as (ours, theirs), child(context, answer, theirs) as process:
        if closes_copy:
            theirs.connection.close()
        ours.send((1, b"there"))
        assert ours.recv() == (2, b"there")
        process.join(LIMIT_S)
        assert process.exitcode == 0
        assert is_readable(ours.connection, LIMIT_S if closes_copy else 0.3) == closes_copy
        theirs.connection.close()
        assert is_readable(ours.connection, LIMIT_S)
        with pytest.raises(EOFError):
            ours.recv()


def sit(and_wait: socket.socket) -> None:
    and_wait.recv(1)


@needs_fork
def test_a_forked_process_with_nothing_to_do_with_it_keeps_it_open() -> None:
    context = multiprocessing.get_context("fork")
    here, there = socket.socketpair()
    with here, there, open_pair(context, 0) as (ours, theirs):
        with child(context, sit, there):
            theirs.connection.close()
            assert not is_readable(ours.connection, 0.3)
        assert is_readable(ours.connection, LIMIT_S)
        with pytest.raises(EOFError):
            ours.recv()


@needs_posix
def test_one_end_can_be_the_input_and_output_of_any_program() -> None:
    shout = "import sys; print(sys.stdin.readline().upper(), end='')"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-c", shout]
        descriptor = theirs.fileno()
        with subprocess.Popen(command, stdin=descriptor, stdout=descriptor) as program:
            theirs.close()
            ours.sendall(b"hello\n")
            with ours.makefile("rb") as file:
                assert file.read() == b"HELLO\n"
        assert program.returncode == 0


@pytest.mark.parametrize("length", [6, 2**31, 2**63, 2**64 - 1])
def test_a_huge_length_is_refused_before_it_is_waited_for(length: int) -> None:
    with open_pair(multiprocessing.get_context("spawn"), 5) as (ours, theirs):
        theirs.connection.sendall(HEADER.pack(1, length))
        with pytest.raises(ValueError, match=f"^{length} bytes announced, up to 5 agreed"):
            ours.recv()


@pytest.mark.parametrize("arrived", [0, 5, HEADER.size, HEADER.size + 2])
def test_half_a_frame_and_then_the_end(arrived: int) -> None:
    whole = struct.pack("=QQ", 1, 5) + b"there"
    with open_pair(multiprocessing.get_context("spawn"), 5) as (ours, theirs):
        theirs.connection.sendall(whole[:arrived])
        theirs.connection.close()
        with pytest.raises(EOFError):
            ours.recv()
