"""Which ports a program and all that it started listen on, as Linux's ``/proc`` tells it."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ipc_cookbook.leftovers import parent_of, process_ids

LISTENING = "0A"
TABLES = {"tcp": socket.AF_INET, "tcp6": socket.AF_INET6}


class Port(NamedTuple):
    address: str
    number: int


def family_of(program: int) -> set[int]:
    """The program and its descendants."""
    parents = {pid: parent_of(pid) for pid in process_ids()}
    family = {program}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def sockets_of(pid: int) -> Iterator[str]:
    """The inodes of a process's sockets."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            target = os.readlink(folder / name)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def listening_ports(program: int) -> set[Port]:
    """Where the program's family can be reached."""
    inodes = {inode for pid in family_of(program) for inode in sockets_of(pid)}
    found = set()
    for table, family in TABLES.items():
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                address, port = fields[1].split(":")
                words = struct.iter_unpack("=I", bytes.fromhex(address))
                packed = b"".join(struct.pack("!I", word) for (word,) in words)
                found.add(Port(socket.inet_ntop(family, packed), int(port, 16)))
    return found
