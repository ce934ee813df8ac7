"""What a side is told, and what it has once it has met the other one."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable
from typing import NamedTuple

from ipc_cookbook.errors import PeerLost, PingPongError
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.hello import LARGEST_PAYLOAD, Hello, RemoteEndpoint
from ipc_cookbook.hosts.keys import Keys
from ipc_cookbook.hosts.reach import Tell
from ipc_cookbook.transport import Message


class Orders(NamedTuple):
    """What one side is to do.

    :ivar keys: None on loopback without any.
    :ivar tell: hears what is worth knowing while the sides have not met.
    """

    address: Address
    keys: Keys | None
    hello: Hello
    tell: Tell

    @property
    def payload_room(self) -> int:
        size = self.hello.payload_size
        return LARGEST_PAYLOAD if size is None else size


class Line:
    """The way to the other side, as the player holds it: what breaks is a :class:`PeerLost`.

    :ivar hello: what the other side said.
    :ivar peer: who it is.
    """

    def __init__(
        self,
        endpoint: RemoteEndpoint,
        hello: Hello,
        peer: Peer,
        wait_for_end: Callable[[float], bool],
    ) -> None:
        self.endpoint, self.hello, self.peer = endpoint, hello, peer
        self._wait_for_end = wait_for_end

    def send(self, message: Message) -> None:
        try:
            self.endpoint.send(message)
        except Exception as error:
            raise lost(error) from error

    def recv(self) -> Message:
        try:
            return self.endpoint.recv()
        except Exception as error:
            raise lost(error) from error

    def pause(self, seconds: float) -> None:
        """Sleep, unless the other side ends meanwhile."""
        if self._wait_for_end(seconds):
            raise PeerLost("the other side ended the game")


def lost(error: Exception) -> PingPongError:
    """What an endpoint's exception means."""
    if isinstance(error, PingPongError):
        return error
    if isinstance(error, EOFError | ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return PeerLost("the other side ended the game")
    if isinstance(error, ValueError | struct.error | ssl.SSLError):
        return PeerLost(f"what the other side sent is not of this game: {error}")
    return PeerLost(
        f"the other side cannot be reached any more: {getattr(error, 'strerror', None) or error}"
    )
