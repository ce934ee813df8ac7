"""Addresses as people write them, and as the system has them."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

from ipc_cookbook.errors import BadType, BadValue, ConnectionFailed

BACKLOG = 256
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Address(NamedTuple):
    """A host, by name or number, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        """What a certificate calls it: an IPv6 address has a scope on one machine alone."""
        return self.host.partition("%")[0]


def parse(argument: str, text: object) -> Address:
    """The address that ``"HOST:PORT"`` or ``"[HOST]:PORT"`` stands for.

    :param argument: the name to use in an error.
    :raises TypeError: it is no string.
    :raises ValueError: it is no such address.
    """
    if not isinstance(text, str):
        raise BadType(f"{argument} must be a string HOST:PORT, not {text!r}")
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if is_bracketed:
        host = host[1:-1]
    is_good = colon and host and host.isprintable() and " " not in host
    if not is_good or (":" in host and not is_bracketed):
        raise BadValue(f"{argument} must be HOST:PORT or [IPv6]:PORT, not {text!r}")
    try:
        host.encode("idna")
    except UnicodeError:
        raise BadValue(f"{argument} must begin with the name of a host, not {host!r}") from None
    if not (port.isascii() and port.isdecimal() and int(port) < 2**16):
        raise BadValue(f"{argument} must end in a port from 0 to 65535, not {text!r}")
    return Address(host, int(port))


def shown(number: tuple[Any, ...]) -> Address:
    """A socket's address, with its scope; one of IPv4 looks like that over IPv6 too."""
    host, port, *more = number
    if "." in host:
        host = host.removeprefix("::ffff:")
    if more and more[1] and "%" not in host:
        with suppress(OSError):  # that interface may be gone
            host = f"{host}%{socket.if_indextoname(more[1])}"
    return Address(host, port)


@contextmanager
def listening(address: Address) -> Iterator[list[socket.socket]]:
    """Sockets that listen, one on each address of that name, all on one port.

    ``[::]`` takes callers over IPv4 too, where the system can do that.

    :raises ConnectionFailed: nobody knows the name, or it cannot be listened on.
    """
    with ExitStack() as opened:
        listeners: list[socket.socket] = []
        skipped: OSError | None = None
        for family, number in numbers_of(address):
            is_any = number[0] == "::" and socket.has_dualstack_ipv6()
            if listeners:
                number = (number[0], listeners[0].getsockname()[1], *number[2:])
            try:
                listener = socket.create_server(
                    number, family=family, backlog=BACKLOG, dualstack_ipv6=is_any
                )
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise cannot_listen(address, error) from None
                skipped = error
            else:
                listeners.append(opened.enter_context(listener))
        if skipped and not listeners:
            raise cannot_listen(address, skipped)
        yield listeners


def numbers_of(address: Address) -> list[tuple[socket.AddressFamily, Any]]:
    """All addresses of a name, each with its scope if it has one.

    :raises ConnectionFailed: nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise name_unknown(address, error) from None
    return list(dict.fromkeys((family, number) for family, *_, number in found))


def name_unknown(address: Address, error: socket.gaierror) -> ConnectionFailed:
    return ConnectionFailed(f"{address}: name unknown ({error.strerror})", "name unknown")


def cannot_listen(address: Address, error: OSError) -> ConnectionFailed:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ConnectionFailed(f"cannot listen on {address}: {reason}", "cannot listen")
