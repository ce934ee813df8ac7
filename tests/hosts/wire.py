"""A wire between two network namespaces that holds each packet up, and loses some.

python wire.py NAMESPACE NAMESPACE DELAY_MS LOSS

It carries packets between two ``tun`` devices: ``tc netem`` would do as well, but not every
kernel has it.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

TUN = Path("/dev/net/tun")
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


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
