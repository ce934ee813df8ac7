"""One process as the kernel shows it: its threads, what they ask for, and what it has open."""

from __future__ import annotations

import functools
import os
import re
import stat
import time
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from ipc_cookbook.diagnose.calls import NAME_OF, name_of_place

MOST_MEMORY = 512 * 2**20
"""Bytes of a process that are searched at most."""

LARGEST_PIECE, OVERLAP = 4 * 2**20, 64
"""What lies across the end of a piece is in the next one whole."""


class Opened(NamedTuple):
    """A descriptor: what it is of, as ``/proc/PID/fd`` names it, and what may be done with it."""

    of: str
    reads: bool
    writes: bool


class Mapped(NamedTuple):
    """A part of a process's memory. ``file`` is its device and inode, "" for none."""

    start: int
    end: int
    permissions: str
    file: str
    path: str


class Counters(NamedTuple):
    """How often a thread left its CPU, to wait or because another one was to run; how long it
    has run, in ns; and its state. Who has not moved has the same; who runs all the time never
    waits; who was woken and still waits for a CPU has another state.
    """

    waited: int
    yielded: int
    ran_ns: int
    state: str


class Call(NamedTuple):
    """What a thread is doing: a state of the kernel's, or a system call and its arguments.

    ``name`` is "" for a call that is not known. ``arguments`` are empty where they may not be read.
    """

    name: str
    arguments: tuple[int, ...] = ()


class Process:
    """A process at one moment. It may end at any time; then less is known of it."""

    def __init__(self, pid: int, parent: int) -> None:
        self.pid, self.parent = pid, parent
        self.path = Path("/proc") / str(pid)

    @functools.cached_property
    def command(self) -> list[str]:
        with suppress(psutil.Error):
            return psutil.Process(self.pid).cmdline()
        return []

    @property
    def kind(self) -> str:
        """Its command, without the numbers in which processes of the same kind differ."""
        return kind_of(" ".join(self.command))

    @functools.cached_property
    def is_python(self) -> bool:
        names = [os.path.basename(each) for each in self.command[:1]]
        with suppress(OSError):
            names.append(os.path.basename(os.readlink(self.path / "exe")))
        return any("python" in name or "pypy" in name for name in names)

    @functools.cached_property
    def has_64_bits(self) -> bool:
        """As its program's file says (ELF, ``EI_CLASS``); true if that may not be read."""
        with suppress(OSError), open(self.path / "exe", "rb") as program:
            return program.read(5)[4:] != b"\x01"
        return True

    @functools.cached_property
    def opened(self) -> dict[int, Opened]:
        """Its descriptors; none where they may not be read."""
        found = {}
        for number in self.numbers("fd"):
            with suppress(OSError):
                found[number] = self.open_at(number)
        return found

    def open_at(self, number: int) -> Opened:
        path = f"{self.path}/fd/{number}"
        of, mode = os.readlink(path), os.lstat(path).st_mode
        if of == "anon_inode:[eventfd]":
            of = f"eventfd:{self.field(f'fdinfo/{number}', 'eventfd-id')}"
        elif of.startswith("/") and not of.startswith("/dev/"):
            status = os.stat(path)
            if stat.S_ISFIFO(status.st_mode):
                of = f"fifo:{status.st_dev}:{status.st_ino}:{of}"
        return Opened(of, bool(mode & stat.S_IRUSR), bool(mode & stat.S_IWUSR))

    @functools.cached_property
    def is_readable(self) -> bool:
        """Whether its descriptors may be read."""
        return os.access(self.path / "fd", os.R_OK)

    @functools.cached_property
    def mapped(self) -> list[Mapped]:
        found = []
        for line in self.text("maps").splitlines():
            span, permissions, _, device, inode, *path = line.split(None, 5)
            start, end = (int(each, 16) for each in span.split("-"))
            file = f"{device}:{inode}" if inode != "0" else ""
            found.append(Mapped(start, end, permissions, file, path[0] if path else ""))
        return found

    @functools.cached_property
    def shared(self) -> dict[str, Mapped]:
        """The first part of each file that it shares the memory of, by device and inode."""
        found: dict[str, Mapped] = {}
        for each in self.mapped:
            if each.file and each.permissions.endswith("s"):
                found.setdefault(each.file, each)
        return found

    def name_of_shared(self, file: str) -> str:
        """By which name others may open this file of ``/dev/shm``, "" if it has none any more."""
        inode = int(file.rpartition(":")[2])
        with suppress(OSError), os.scandir(self.path / "root" / "dev" / "shm") as entries:
            return next((each.name for each in entries if each.inode() == inode), "")
        return ""

    @functools.cached_property
    def names_of_pid(self) -> list[int]:
        """Its process id in each namespace that it is in, ours first."""
        return [int(each) for each in self.field("status", "NSpid").split()] or [self.pid]

    def handles(self, signals: set[int], kind: str = "SigCgt") -> bool:
        """Whether it handles one of these signals; with ``"SigIgn"``, whether it ignores one."""
        return self.has_signal(self.field("status", kind), signals)

    @staticmethod
    def has_signal(mask: str, signals: set[int]) -> bool:
        return bool(int(mask or "0", 16) & sum(1 << (number - 1) for number in signals))

    def name_of(self, thread: int) -> str:
        """As the kernel has it, fifteen letters at most."""
        return self.text(f"task/{thread}/comm").strip()

    def threads(self) -> list[int]:
        return self.numbers("task")

    def state(self, thread: int | None = None) -> str:
        """A letter as ps(1) has it, "X" if it has ended."""
        fields = self.stat_fields(thread)
        return fields[0] if fields else "X"

    def stat_fields(self, thread: int | None = None) -> list[str]:
        """Those after the name, which may hold anything."""
        return self.text(f"task/{thread}/stat" if thread else "stat").rpartition(")")[2].split()

    def began(self) -> str:
        """When it began, in the kernel's own units: another process may come to have its number."""
        fields = self.stat_fields()
        return fields[19] if len(fields) > 19 else ""

    def counters(self) -> dict[int, Counters]:
        found = {}
        for thread in self.threads():
            switches = re.findall(r"ctxt_switches:\s*(\d+)", self.text(f"task/{thread}/status"))
            ran = self.text(f"task/{thread}/schedstat").split()
            if len(switches) == 2:
                waited, yielded = map(int, switches)
                ran_ns = int(ran[0]) if ran else 0
                found[thread] = Counters(waited, yielded, ran_ns, self.state(thread))
        return found

    def call(self, thread: int) -> Call:
        """:raises PermissionError: it may only be seen in which function of the kernel it is."""
        state = self.state(thread)
        if state in "RD":
            return Call("run")
        if state in "TtZX":
            return Call("stopped" if state in "Tt" else "ended")
        try:
            text = (self.path / "task" / str(thread) / "syscall").read_text()
        except FileNotFoundError:
            return Call("ended")
        except PermissionError:
            raise
        except OSError:
            return Call("ended")
        number, *arguments = text.split()
        if not number.isdigit():  # "running", or -1: it is not in a call
            return Call("run")
        if not self.has_64_bits:  # its calls have other numbers
            return Call("")
        return Call(NAME_OF.get(int(number), ""), tuple(int(each, 0) for each in arguments[:6]))

    def place(self, thread: int) -> str:
        """The call that sleeps where this thread does, "" if that is not known."""
        return name_of_place(self.text(f"task/{thread}/wchan"))

    def memory(self, address: int, size: int) -> bytes:
        """What is there, or nothing."""
        path = self.path / "mem"
        with suppress(OSError, OverflowError, ValueError), open(path, "rb", 0) as memory:
            memory.seek(address)
            return memory.read(size) or b""
        return b""

    def own_memory(self, until_s: float) -> Iterator[tuple[int, bytes]]:
        """What it alone can write to, piece by piece, with the addresses.

        :param until_s: when to stop, on the :func:`time.thread_time` clock.
        """
        rest = MOST_MEMORY
        for part in self.mapped:
            is_own = part.permissions.startswith("rw-p") and not part.file
            if not is_own or part.path == "[stack]":
                continue
            for start in range(part.start, part.end, LARGEST_PIECE):
                size = min(LARGEST_PIECE + OVERLAP, part.end - start, rest)
                rest -= size
                if size > 0 and time.thread_time() < until_s:
                    yield start, self.memory(start, size)

    def numbers(self, folder: str) -> list[int]:
        with suppress(OSError):
            return sorted(int(each) for each in os.listdir(self.path / folder))
        return []

    def field(self, file: str, name: str) -> str:
        found = re.search(rf"^{name}:\s*(.*)$", self.text(file), re.MULTILINE)
        return found[1] if found else ""

    def text(self, file: str) -> str:
        with suppress(OSError):
            return (self.path / file).read_bytes().decode(errors="replace")
        return ""


def kind_of(command: str) -> str:
    return re.sub(r"\d+", "#", command)


def all_processes(but: Container[int] = ()) -> dict[int, Process]:
    """All that there are, but for this one, and these."""
    found = {}
    for pid in psutil.pids():
        if pid != os.getpid() and pid not in but:
            fields = Process(pid, 0).stat_fields()
            if len(fields) > 1:
                found[pid] = Process(pid, int(fields[1]))
    return found
