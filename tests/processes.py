"""What Linux's ``/proc`` tells of processes: a program's workers, their files, and their ports."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from ipc_cookbook.leftovers import parent_of, process_ids, program_of


@contextmanager
def child(context: BaseContext, target: Callable[..., None], *args: Any) -> Iterator[BaseProcess]:
    """A process that is killed in the end, if it has not ended."""
    process: BaseProcess = context.Process(target=target, args=args)  # type: ignore[attr-defined]
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


SERVERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
LISTENING = "0A"
TABLES = {"tcp": socket.AF_INET, "tcp6": socket.AF_INET6}


def family_of(program: int) -> set[int]:
    """The program and its descendants."""
    parents = {pid: parent_of(pid) for pid in process_ids()}
    family = {program}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def workers_of(program: int) -> list[int]:
    """The processes that do its work, in the order of their ids.

    By start method "fork" its children do. By the others it has servers of
    :mod:`multiprocessing` beside them, and by "forkserver" the children of one of these do.
    """
    return sorted(pid for pid in family_of(program) - {program} if not is_server(pid))


def is_server(pid: int) -> bool:
    """A fork server's children have its command line, and are none."""
    command = program_of(pid)
    return any(name in command for name in SERVERS) and program_of(parent_of(pid)) != command


def open_files(pid: int) -> Iterator[str]:
    """What a process has open: paths, and what the system calls sockets and pipes."""
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            yield os.readlink(link)


class Port(NamedTuple):
    address: str
    number: int


def listening_ports(program: int) -> set[Port]:
    """Where the program's family can be reached."""
    opened = {name for pid in family_of(program) for name in open_files(pid)}
    found = set()
    for table, family in TABLES.items():
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in opened:
                address, port = fields[1].split(":")
                words = struct.iter_unpack("=I", bytes.fromhex(address))
                packed = b"".join(struct.pack("!I", word) for (word,) in words)
                found.add(Port(socket.inet_ntop(family, packed), int(port, 16)))
    return found


def remove_folder(folder: str, status: int) -> None:
    if status == -signal.SIGKILL:
        for servers in Path(folder).glob("pymp-*"):
            shutil.rmtree(servers)
    os.rmdir(folder)
