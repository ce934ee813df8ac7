"""Who is at the other end of a socket, and how much lies unread: what ``ss`` shows.

Unix sockets by the kernel's ``sock_diag`` (man 7 sock_diag), since ``/proc/net/unix`` says nothing
of peers; TCP from ``/proc/PID/net/tcp``, which is that of the process's own network namespace.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import threading
from contextlib import suppress
from typing import NamedTuple

UNIX = "Unix socket"
LISTENING = 10
"""The state of a socket that is listened at: ``TCP_LISTEN``, for Unix sockets as well."""

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, NLM_F_DUMP = 4, 20, 1, 0x300
SHOW_NAME, SHOW_PEER, SHOW_ICONS, SHOW_RQLEN = 0x1, 0x4, 0x8, 0x10
NAME, PEER, ICONS, RQLEN = 0, 2, 3, 4
CLONE_NEWNET = 0x40000000


class Socket(NamedTuple):
    """One row: ``inode`` is 0 for a connection that nobody has accepted yet.

    ``peer`` is the other end's inode, 0 if it is not known. ``unread`` bytes have come,
    ``unsent`` ones have not been taken by the other side. ``waiting`` are the inodes of those that
    have connected to a listening one, and were not accepted.
    """

    kind: str
    inode: int
    peer: int
    is_listening: bool
    name: str
    unread: int = 0
    unsent: int = 0
    waiting: tuple[int, ...] = ()


def sockets_of(pid: int) -> dict[int, Socket]:
    """All sockets of the network namespace that a process is in, by inode."""
    unix: list[Socket] = []
    if is_elsewhere(pid):
        asking = threading.Thread(target=lambda: unix.extend(unix_sockets(pid)))
        asking.start()  # a thread of its own, since it changes its namespace
        asking.join()
    else:
        unix = unix_sockets()
    return {each.inode: each for each in [*unix, *tcp_sockets(pid)] if each.inode}


def is_elsewhere(pid: int) -> bool:
    """Whether a process is in another network namespace than this one."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    except OSError:
        return False


def enter(pid: int) -> None:
    """Let this thread see the network of another process. It takes CAP_SYS_ADMIN.

    :raises OSError: it may not.
    """
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(namespace)


def unix_sockets(elsewhere: int | None = None) -> list[Socket]:
    """Those that this thread's namespace has, or that of a process elsewhere."""
    with suppress(OSError):
        if elsewhere is not None:
            enter(elsewhere)
        show = SHOW_NAME | SHOW_PEER | SHOW_ICONS | SHOW_RQLEN
        request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, show, 0, 0)
        header = struct.pack(
            "=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0
        )
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(2)
            kernel.send(header + request)
            return answered(kernel)
    return []


def answered(kernel: socket.socket) -> list[Socket]:
    found: list[Socket] = []
    while True:
        data = kernel.recv(1 << 20)
        while len(data) >= 16:
            length, kind = struct.unpack_from("=IH", data)
            if kind != SOCK_DIAG_BY_FAMILY:  # done, or an error
                return found
            found.append(unix_socket(data[16:length]))
            data = data[(length + 3) & ~3 :]


def unix_socket(row: bytes) -> Socket:
    """One row: ``struct unix_diag_msg``, and its attributes."""
    state, inode, at = row[2], struct.unpack_from("=I", row, 4)[0], 16
    attributes = {}
    while at + 4 <= len(row):
        length, kind = struct.unpack_from("=HH", row, at)
        attributes[kind] = row[at + 4 : at + length]
        at += (length + 3) & ~3
    name = attributes.get(NAME, b"").decode(errors="replace")
    peer = struct.unpack("=I", attributes.get(PEER, bytes(4)))[0]
    unread = struct.unpack("=II", attributes.get(RQLEN, bytes(8)))[0]
    icons = attributes.get(ICONS, b"")
    waiting = struct.unpack(f"={len(icons) // 4}I", icons)
    is_listening = state == LISTENING
    shown = name.replace("\0", "@").rstrip("@")
    return Socket(UNIX, inode, peer, is_listening, shown, 0 if is_listening else unread, 0, waiting)


def tcp_sockets(pid: int) -> list[Socket]:
    rows = []
    for table in "tcp", "tcp6":
        with suppress(OSError), open(f"/proc/{pid}/net/{table}") as lines:
            next(lines, None)
            rows += [line.split() for line in lines]
    inode_at = {(row[1], row[2]): int(row[9]) for row in rows}
    found = []
    for row in rows:
        local, remote, state, queues, inode = row[1], row[2], int(row[3], 16), row[4], int(row[9])
        unsent, unread = (int(number, 16) for number in queues.split(":"))
        is_listening = state == LISTENING
        waiting = [
            inode_at.get((other[2], other[1]), 0)
            for other in rows
            if is_listening and not int(other[9]) and port(other[1]) == port(local)
        ]
        name = address(local) if is_listening else f"{address(local)} to {address(remote)}"
        peer = inode_at.get((remote, local), 0)
        if is_listening:
            unread = unsent = 0
        found.append(Socket("TCP", inode, peer, is_listening, name, unread, unsent, tuple(waiting)))
    return found


def port(hexadecimal: str) -> int:
    return int(hexadecimal.rpartition(":")[2], 16)


def address(hexadecimal: str) -> str:
    """``127.0.0.1:80`` of ``0100007F:0050``: words in the machine's own byte order."""
    digits = hexadecimal.partition(":")[0]
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    text = socket.inet_ntop(family, packed)
    return (
        f"{text}:{port(hexadecimal)}"
        if family == socket.AF_INET
        else (f"[{text}]:{port(hexadecimal)}")
    )
