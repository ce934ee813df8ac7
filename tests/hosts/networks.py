"""Two hosts on this machine: two network namespaces, and a wire between them.

The wire is a pair of ``veth`` devices, which lose nothing and take no time; or one that a
program of this file carries packets over, late and not all of them, through two ``tun``
devices: ``tc netem`` would do as well, but not every kernel has it.

    python networks.py NAMESPACE NAMESPACE DELAY_MS LOSS
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

NAMES = ("b.example", "a.example")
NUMBERS = ("192.0.2.1", "192.0.2.2")  # set aside for documentation, by RFC 5737
TUN = Path("/dev/net/tun")
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


class Host(NamedTuple):
    """A namespace; what runs within it has this network alone."""

    namespace: str
    device: str
    name: str
    number: str

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.namespace)

    def cut(self) -> None:
        ip("-n", self.namespace, "link", "set", self.device, "down")

    def mend(self) -> None:
        ip("-n", self.namespace, "link", "set", self.device, "up")


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def why_not() -> str | None:
    """Why no namespaces can be made here, None if they can."""
    if sys.platform != "linux" or not shutil.which("ip"):
        return "needs Linux and iproute2"
    name = f"ipc{uuid.uuid4().hex[:8]}"
    try:
        ip("netns", "add", name)
        ip("netns", "delete", name)
    except OSError as error:
        return f"no right to make a network namespace ({error})"
    return None


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Ping's host and Pong's, each known to the other by name, not yet joined by a wire."""
    mark = uuid.uuid4().hex[:6]
    hosts = [
        Host(f"ipc{mark}{side}", f"ipc{mark}{side}", name, number)
        for side, name, number in zip("ab", NAMES, NUMBERS, strict=True)
    ]
    folders = [Path("/etc/netns") / host.namespace for host in hosts]
    is_new = not folders[0].parent.exists()
    try:
        for host, folder in zip(hosts, folders, strict=True):
            ip("netns", "add", host.namespace)
            ip("-n", host.namespace, "link", "set", "lo", "up")
            folder.mkdir(parents=True)
            (folder / "hosts").write_text(
                "".join(
                    f"{number} {name}\n"
                    for number, name in zip(
                        (*NUMBERS, "127.0.0.1"), (*NAMES, "localhost"), strict=True
                    )
                )
            )
        yield hosts[0], hosts[1]
    finally:
        for host, folder in zip(hosts, folders, strict=True):
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                ip("netns", "delete", host.namespace)
        if is_new:
            with suppress(OSError):
                folders[0].parent.rmdir()


@contextmanager
def joined() -> Iterator[tuple[Host, Host]]:
    """Two hosts and a perfect wire. It goes away with them."""
    with two_hosts() as (ping, pong):
        ip(
            *("link", "add", ping.device, "netns", ping.namespace),
            *("type", "veth", "peer", "name", pong.device, "netns", pong.namespace),
        )
        give_numbers(ping, pong)
        yield ping, pong


def give_numbers(*hosts: Host) -> None:
    for host in hosts:
        ip("-n", host.namespace, "addr", "add", f"{host.number}/24", "dev", host.device)
        host.mend()


@contextmanager
def badly_joined(delay_ms: float, loss: float) -> Iterator[tuple[Host, Host]]:
    """Two hosts and a wire that holds each packet up, and loses some.

    :param delay_ms: one way.
    :param loss: how many of those there are, from 0 to 1.
    """
    with two_hosts() as (ping, pong):
        command = [sys.executable, __file__, ping.namespace, pong.namespace]
        with subprocess.Popen(
            [*command, str(delay_ms), str(loss)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as wire:
            try:
                assert wire.stdout is not None
                assert wire.stdout.readline() == b"ready\n"
                give_numbers(ping, pong)
                yield ping, pong
            finally:
                wire.kill()


def open_tun(namespace: str) -> int:
    """A device of the namespace's name, in there; its packets are read and written here."""
    with open(f"/run/netns/{namespace}") as place:
        if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    tun = os.open(TUN, os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", namespace.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def carry(one: int, other: int, delay_s: float, loss: float) -> None:
    """Hand on packets for as long as standard input is open."""
    chance = random.Random(1)
    under_way: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        patience_s = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        ready, _, _ = select.select([sys.stdin, one, other], [], [], patience_s)
        if sys.stdin in ready:
            return
        for source, target in (one, other), (other, one):
            if source in ready:
                packet = os.read(source, 65536)
                if chance.random() >= loss:
                    number += 1
                    due = time.monotonic() + delay_s
                    heapq.heappush(under_way, (due, number, target, packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(under_way)
            with suppress(OSError):  # the device is down
                os.write(target, packet)


if __name__ == "__main__":
    ends = [open_tun(namespace) for namespace in sys.argv[1:3]]
    print("ready", flush=True)
    carry(ends[0], ends[1], float(sys.argv[3]) / 1000, float(sys.argv[4]))
