"""Find the other host, wait until it listens, and say why it cannot be reached."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable

from ipc_cookbook.errors import ConnectionFailed
from ipc_cookbook.hosts.address import Address

KNOCK_S = 5.0
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0

Tell = Callable[[str], object]


def wait_until_reachable(address: Address, tell: Tell) -> Address:
    """Knock until somebody listens there, more and more seldom.

    :param tell: hears what is waited for, and why, whenever that changes.
    :returns: the address by the number that was reached.
    :raises ConnectionFailed: nobody knows the name.
    """
    pause_s, told = FIRST_PAUSE_S, ""
    while True:
        try:
            with socket.create_connection(address, KNOCK_S) as knocking:
                return Address(*knocking.getpeername()[:2])
        except OSError as error:
            reason = why_unreachable(address, error)
        if reason != told:
            tell(f"waiting for {address}: {reason}")
            told = reason
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def why_unreachable(address: Address, error: OSError) -> str:
    """:raises ConnectionFailed: it is of no use to wait."""
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return "name unknown for the time being"
        raise ConnectionFailed(
            f"{address}: name unknown ({error.strerror})", "name unknown"
        ) from None
    if isinstance(error, ConnectionRefusedError):
        return "refused, nobody listens there"
    if error.errno in (errno.EHOSTUNREACH, errno.EHOSTDOWN):
        return "no route to that host"
    if error.errno in (errno.ENETUNREACH, errno.ENETDOWN):
        return "no route to that network"
    if isinstance(error, TimeoutError):
        return "no answer"
    return error.strerror or str(error)
