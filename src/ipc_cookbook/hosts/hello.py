"""What the two sides say to each other before the words: a message of three numbers, and no text.

Who they are, their certificates have said already.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ipc_cookbook.errors import SidesDisagree
from ipc_cookbook.transport import Endpoint, Message

PROTOCOL = 2
MARK = int.from_bytes(b"cookbook", "big")
NUMBERS = struct.Struct("!HQQ")


class Hello(NamedTuple):
    """What a side is about to play.

    :ivar protocol: the version of what travels.
    :ivar tokens: how many words in all.
    :ivar payload_size: in bytes.
    """

    protocol: int
    tokens: int
    payload_size: int

    def as_message(self) -> Message:
        return MARK, NUMBERS.pack(*self)

    def check_same(self, other: Hello) -> None:
        """:raises SidesDisagree: the other side is about to play another game."""
        names = ("protocol version", "tokens", "payload size")
        differences = [
            f"{name} {here} here, {there} there"
            for name, here, there in zip(names, self, other, strict=True)
            if here != there
        ]
        if other.protocol != self.protocol:
            del differences[1:]
        if differences:
            raise SidesDisagree(f"the two sides disagree: {'; '.join(differences)}")


def heard_from(endpoint: Endpoint) -> Hello:
    """The other side's hello.

    :raises ValueError: what arrived is none.
    """
    mark, said = endpoint.recv()
    if mark != MARK or len(said) != NUMBERS.size:
        raise ValueError("no hello of this game")
    return Hello(*NUMBERS.unpack(said))
