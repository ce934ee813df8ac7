"""What a game might leave behind, to be compared before and after it.

    with private_temporary_folder():
        start_lasting_helpers()
        before = Leftovers.now()
        ...
        before.assert_nothing_new()

Processes, threads, and descriptors are those of ``/proc``; where there is none, only
what Python knows of itself is compared.
"""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import re
import subprocess
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char
from itertools import chain
from multiprocessing import resource_tracker, sharedctypes, util
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
SHARED_MEMORY = Path("/dev/shm")

OTHERS_S = 10.0
"""How long another program, a test worker beside this one say, may keep shared memory."""

MARK = "IPC_COOKBOOK_LEFTOVERS"
os.environ[MARK] = uuid.uuid4().hex
"""In the environment of every program started from here, so that orphans are found too."""


class Leftovers(NamedTuple):
    """All that is there at one moment, each thing described in a line."""

    things: Counter[str]

    @classmethod
    def now(cls) -> Leftovers:
        return cls(
            Counter(
                chain(processes(), threads(), descriptors(), shared_memory(), temporary_files())
            )
        )

    def new(self) -> list[str]:
        """What is there by now and was not at this moment."""
        return sorted((Leftovers.now().things - self.things).elements())

    def assert_nothing_new(self, patience_s: float = 10.0, *, collect: bool = True) -> None:
        """Fail, with a list of what was left.

        The patience is for what takes care of itself: the helpers of a program that has
        ended, threads that are about to, and what other programs are about to remove from
        ``/dev/shm``. It does not help a process that was never joined, or a descriptor that
        was never closed.

        :param patience_s: seconds in which the last of it must have gone.
        :param collect: have unused objects collected; a failed game's traceback may be part
            of a cycle.
        """
        began_s = time.monotonic()
        left = self.new()
        while left:
            waited_s = time.monotonic() - began_s
            if waited_s > (patience_s if any_of_ours(left) else max(patience_s, OTHERS_S)):
                raise AssertionError("left behind:\n  " + "\n  ".join(left))
            if collect:
                gc.collect()
            time.sleep(0.01)
            left = list((Counter(left) & Counter(self.new())).elements())


def any_of_ours(things: list[str]) -> bool:
    """Whether there is more than what a program beside this one may be about to remove."""
    return not all(thing.startswith("shared memory") for thing in things)


def processes() -> list[str]:
    """All descendants of this process, and all orphans that were started by one."""
    if not PROC.exists():
        return [f"process {child.pid}: {child.name}" for child in multiprocessing.active_children()]
    return [f"process {pid}: {program_of(pid)}" for pid in our_process_ids() - {os.getpid()}]


def our_process_ids() -> set[int]:
    born = {pid: birth for pid in process_ids() if (birth := birth_of(pid))}
    ours = {os.getpid()}
    while more := {pid for pid, birth in born.items() if birth.parent in ours} - ours:
        ours |= more
    others = {(pid, birth) for pid, birth in born.items() if pid not in ours}
    strangers.intersection_update(others)
    orphans = {other for other in others - strangers if is_marked(other[0])}
    strangers.update(others - orphans)
    return ours | {pid for pid, _ in orphans}


def process_ids() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdecimal()]


class Birth(NamedTuple):
    """A process's parent, and when it began, in ticks of the system's clock."""

    parent: int
    began: int


strangers: set[tuple[int, Birth]] = set()
"""Processes that were looked at and have nothing to do with us, to be looked at once only."""


def birth_of(pid: int) -> Birth | None:
    """None if there is no such process any more."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Birth(int(fields[1]), int(fields[19]))


def parent_of(pid: int) -> int:
    """The parent's process id, 0 if there is no such process any more."""
    birth = birth_of(pid)
    return birth.parent if birth else 0


def is_marked(pid: int) -> bool:
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{MARK}={os.environ[MARK]}".encode() in environment.split(b"\0")


def program_of(pid: int) -> str:
    try:
        command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        command = b""
    return command.decode(errors="replace").strip() or "ended, but not joined"


def threads() -> Iterator[str]:
    """The threads that Python knows, and those of the system."""
    for thread in threading.enumerate():
        yield f"thread {thread.name}"
    tasks = PROC / "self" / "task"
    if tasks.exists():
        for task in tasks.iterdir():
            yield f"system thread {task.name}"


def descriptors() -> Iterator[str]:
    """What this process's open descriptors point to."""
    folder = PROC / "self" / "fd"
    if not folder.exists():
        return
    for number in os.listdir(folder):
        try:
            target = os.readlink(folder / number)
        except FileNotFoundError:  # the one that was open to list the folder
            continue
        yield f"descriptor of {target}"


def shared_memory() -> list[str]:
    """What is in ``/dev/shm``, but for what only other people's processes have in use.

    Whoever is killed as the C library makes a semaphore leaves a file that has not its name yet;
    whoever is killed as MPICH begins leaves one that nobody else knows of.
    """
    entries = os.listdir(SHARED_MEMORY) if SHARED_MEMORY.exists() else []
    entries = [name for name in entries if not re.fullmatch(r"sem\.\w{6}|mpich_shm_\w+", name)]
    if entries:
        ours = our_process_ids()
        others = [memory_of(pid) for pid in process_ids() if pid not in ours]
        entries = [name for name in entries if not any(f"/{name}\n" in maps for maps in others)]
    return [f"shared memory {name}" for name in entries]


def memory_of(pid: int) -> str:
    try:
        return (PROC / str(pid) / "maps").read_text(errors="replace")
    except OSError:
        return ""


def temporary_files() -> list[str]:
    return [f"temporary file {name}" for name in os.listdir(tempfile.gettempdir())]


@contextmanager
def private_temporary_folder() -> Iterator[str]:
    """Let this process and those that it starts keep their temporary files in a new folder.

    Its path is short: that of a unix socket may have 107 bytes at most.
    """
    util.get_temp_dir()  # multiprocessing's own, which it removes at the very end
    saved = os.environ.get("TMPDIR"), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="ipc", ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield folder
        finally:
            del os.environ["TMPDIR"]
            tempfile.tempdir = saved[1]
            if saved[0] is not None:
                os.environ["TMPDIR"] = saved[0]


@functools.cache
def with_own_shared_memory(size_mib: int | None = None) -> tuple[str, ...]:
    """The beginning of a command that sees a ``/dev/shm`` of its own, where that is allowed.

    A program that is killed between making a semaphore and telling the resource tracker of it
    leaves it there; nobody can remove it in time.

    :param size_mib: how much fits into it, in MiB; None for half of the machine's memory.
    """
    size = f"-o size={size_mib}m " if size_mib else ""
    script = f'mount -t tmpfs {size}none {SHARED_MEMORY} && exec "$@"'
    for rights in (), ("--user", "--map-root-user"):
        command = ("unshare", *rights, "--mount", "sh", "-c", script, "sh")
        try:
            if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                return command
        except OSError:
            break
    return ()


def start_lasting_helpers() -> None:
    """Start what :mod:`multiprocessing` keeps by design, so that it is no leftover."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        resource_tracker.ensure_running()
        forkserver.ensure_running()
    sharedctypes.RawArray(c_char, 2 * 2**20)  # its arena stays, and is used again
