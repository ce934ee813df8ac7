"""Memory without a name: what passes the socket, what is left behind, and what is dangerous."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import shared_memory
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import pytest

from commands import needs_fork
from driver import CODE, Running, run, until
from processes import child
from samples import why_not
from streams import LIMIT_S

if reason := why_not("fd-passing"):
    pytest.skip(reason, allow_module_level=True)

import fcntl

from ipc_cookbook.recipes.fd_passing import PassingEnd, open_pair

MEBIBYTE = 2**20


class Memory(NamedTuple):
    """A file as the kernel knows it, which need not have a name."""

    device: int
    number: int
    names: int

    @classmethod
    def of(cls, status: os.stat_result) -> Memory:
        return cls(status.st_dev, status.st_ino, status.st_nlink)


def opened_by(pid: int | str) -> Iterator[tuple[str, Memory]]:
    """What a process has open: the system's names, and the files themselves.

    Python's ``mmap`` keeps a descriptor of what it maps.
    """
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            yield os.readlink(link), Memory.of(os.stat(link))


def memories_of(pid: int | None) -> list[Memory]:
    """The memory without a name that a process has, each once."""
    assert pid is not None
    return sorted({file for name, file in opened_by(pid) if name.startswith("/memfd:turns")})


def holders_of(memory: Memory) -> set[int]:
    """All processes that have it, as far as they can be looked into."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(file == memory for _, file in opened_by(path.name)) or is_mapped(path, memory):
                found.add(int(path.name))
    return found


def is_mapped(process: Path, memory: Memory) -> bool:
    maps = [line.split() for line in (process / "maps").read_text().splitlines()]
    return any(fields[4] == str(memory.number) and "/memfd:turns" in fields for fields in maps)


def enter_and_sit(end: PassingEnd, tell: Connection[str, str]) -> None:
    with end:
        tell.send("mapped")
        signal.pause()


def test_a_byte_passes_the_socket_and_a_mebibyte_does_not() -> None:
    payload = os.urandom(MEBIBYTE)
    context = multiprocessing.get_context("spawn")
    with open_pair(context, MEBIBYTE) as (first, second), first, second:
        first.send((1, payload))
        passed = second.bell.recv(100, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        assert passed == b"!"
        assert second.recv() == (1, payload)


def test_it_has_no_name_and_is_gone_with_those_who_were_killed(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    with (
        told,
        tell,
        open_pair(context, MEBIBYTE) as (first, second),
        child(context, enter_and_sit, first, tell) as ping,
        child(context, enter_and_sit, second, tell) as pong,
    ):
        for _ in range(2):
            assert told.poll(LIMIT_S)
            told.recv()
        (memory,) = memories_of(ping.pid)
        assert memories_of(pong.pid) == [memory]
        assert memory.names == 0
        assert holders_of(memory) == {ping.pid, pong.pid}
        ping.kill()
        ping.join()
        assert holders_of(memory) == {pong.pid}
        pong.kill()
        pong.join()
        assert holders_of(memory) == set()


def test_memory_with_a_name_is_another_thing() -> None:
    """That the name would be seen, if there were one."""
    with tempfile.TemporaryFile() as file:
        assert Memory.of(os.fstat(file.fileno())).names == 0
    memory = shared_memory.SharedMemory(create=True, size=10)
    try:
        found = dict(opened_by(os.getpid()))
        assert found[f"/dev/shm/{memory.name.removeprefix('/')}"].names == 1
    finally:
        memory.close()
        memory.unlink()


WHOLE_PROGRAM = """
import os, signal
from multiprocessing import get_context
from ipc_cookbook.recipes.fd_passing import open_pair

def enter_and_sit(end):
    with end:
        os.write(1, b"%d\\n" % os.getpid())
        signal.pause()

context = get_context("fork")
with open_pair(context, 2**20) as ends:
    for end in ends:
        context.Process(target=enter_and_sit, args=(end,)).start()
    signal.pause()
"""


@needs_fork
def test_nothing_is_left_when_all_are_killed_who_opened_it_as_well() -> None:
    with Running(*CODE, WHOLE_PROGRAM) as program:
        players = {int(program.line()), int(program.line())}
        (memory,) = {memory for pid in players for memory in memories_of(pid)}
        assert memory.names == 0
        assert holders_of(memory) == players
        assert list(Path(program.folder).iterdir()) == []
        program.signal(signal.SIGKILL)
        until(lambda: not holders_of(memory))
        assert list(Path(program.folder).iterdir()) == []


SHRINK = """
import fcntl, mmap, os, resource, socket, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
ours, theirs = socket.socketpair()
memory = os.memfd_create("strange", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
os.ftruncate(memory, mmap.PAGESIZE)
socket.send_fds(theirs, [b"!"], [memory])
_, (received,), *_ = socket.recv_fds(ours, 1, 1)
if sys.argv[1] == "sealed":
    fcntl.fcntl(received, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
pages = mmap.mmap(received, mmap.PAGESIZE)
try:
    os.ftruncate(memory, 0)
except OSError as error:
    print(type(error).__name__, flush=True)
print(pages[0])
"""
"""Who sent the memory shrinks it; who received it may have sealed it first."""


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [("sealed", 0, "PermissionError\n0\n"), ("as it came", -signal.SIGBUS, "")],
)
def test_a_seal_is_what_keeps_the_sender_from_ending_us(how: str, status: int, said: str) -> None:
    done = run(*CODE, SHRINK, how, status=status, env={"PYTHONFAULTHANDLER": None})
    assert done.stdout == said


def seal(descriptor: int) -> int:
    """The error's number, 0 if it is sealed."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    except OSError as error:
        return error.errno or -1
    return 0


def test_what_cannot_be_sealed_is_seen_before_it_is_mapped() -> None:
    with (
        open(os.memfd_create("ready", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb") as ready,
        open(os.memfd_create("plain"), "wb") as plain,
        tempfile.TemporaryFile() as file,
    ):
        assert seal(ready.fileno()) == 0
        assert seal(plain.fileno()) == errno.EPERM
        assert seal(file.fileno()) in {errno.EINVAL, errno.EPERM}


def test_each_end_has_it_only_while_it_is_entered() -> None:
    with open_pair(multiprocessing.get_context("spawn"), 100) as (first, second):
        assert memories_of(os.getpid()) == []
        with first, second:
            (memory,) = memories_of(os.getpid())
            assert holders_of(memory) == {os.getpid()}
        assert holders_of(memory) == set()
