"""Two hosts on this machine: two network namespaces, and a wire between them.

The wire is a pair of ``veth`` devices, which lose nothing and take no time; or the program
``wire.py``.
"""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from driver import Running, run

NAMES = ("b.example", "a.example")
NUMBERS = ("192.0.2.1", "192.0.2.2")  # set aside for documentation, by RFC 5737
WIRE = Path(__file__).with_name("wire.py")


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
    run("ip", *arguments)


def why_not() -> str | None:
    """Why no namespaces can be made here, None if they can."""
    if sys.platform != "linux" or not shutil.which("ip"):
        return "needs Linux and iproute2"
    name = f"ipc{uuid.uuid4().hex[:8]}"
    try:
        ip("netns", "add", name)
        ip("netns", "delete", name)
    except AssertionError as error:
        return f"no right to make a network namespace ({error})"
    return None


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Ping's host and Pong's, each known to the other by name, not yet joined by a wire."""
    mark = uuid.uuid4().hex[:6]
    hosts = [
        Host(f"ipc{mark}{letter}", f"ipc{mark}{letter}", name, number)
        for letter, name, number in zip("ab", NAMES, NUMBERS, strict=True)
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
                        (*NUMBERS, "127.0.0.1", "::1"),
                        (*NAMES, "localhost", "localhost"),
                        strict=True,
                    )
                )
            )
        yield hosts[0], hosts[1]
    finally:
        for host, folder in zip(hosts, folders, strict=True):
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(AssertionError):
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
        namespaces = (ping.namespace, pong.namespace)
        with Running(sys.executable, WIRE, *namespaces, delay_ms, loss) as wire:
            assert wire.line() == "ready"
            give_numbers(ping, pong)
            yield ping, pong
