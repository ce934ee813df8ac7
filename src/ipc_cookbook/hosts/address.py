"""Addresses as people write them, and which of them stay on this machine."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple

from ipc_cookbook.errors import ConnectionFailed


class Address(NamedTuple):
    """A host, by name or number, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(argument: str, text: object) -> Address:
    """The address that ``"HOST:PORT"`` or ``"[HOST]:PORT"`` stands for.

    :param argument: the name to use in an error.
    :raises TypeError: it is no string.
    :raises ValueError: it is no such address.
    """
    if not isinstance(text, str):
        raise TypeError(f"{argument} must be a string HOST:PORT, not {text!r}")
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if is_bracketed:
        host = host[1:-1]
    is_good = colon and host and not any(each.isspace() for each in host)
    if not is_good or (":" in host and not is_bracketed):
        raise ValueError(f"{argument} must be HOST:PORT or [IPv6]:PORT, not {text!r}")
    if not (port.isascii() and port.isdecimal() and int(port) < 2**16):
        raise ValueError(f"{argument} must end in a port from 0 to 65535, not {text!r}")
    return Address(host, int(port))


def numbers_of(address: Address) -> list[str]:
    """The host's numeric addresses.

    :raises ConnectionFailed: nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ConnectionFailed(
            f"{address}: name unknown ({getattr(error, 'strerror', None) or error})", "name unknown"
        ) from None
    return list(dict.fromkeys(str(number[0]) for *_, number in found))


def on_this_machine(argument: str, address: Address) -> Address:
    """The address by its number, if it cannot be reached from any other machine.

    :raises ValueError: it can.
    """
    numbers = numbers_of(address)
    for number in numbers:
        if not ipaddress.ip_address(number.partition("%")[0]).is_loopback:
            raise ValueError(
                f"{argument} {address} is not a loopback address ({number}): without keys nobody "
                "would know who plays, and all could read it; make keys with: "
                "python -m ipc_cookbook keys DIR"
            )
    return Address(numbers[0], address.port)
