"""What the two sides say to each other before the words.

It travels as a message like any other: a few bytes of JSON, of which nothing is believed that
is not one of a few words, or a number within its bounds.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ipc_cookbook.errors import SidesDisagree
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.transport import Endpoint, Message

PROTOCOL = 2
LARGEST_PROTOCOL = 10_000
LARGEST_BYTES = 256
MARK = int.from_bytes(b"cookbook", "big")

MOST_TOKENS = 2**63 - 1
LARGEST_PAYLOAD = 64 * 1024**2


class Hello(NamedTuple):
    """What a side is about to play.

    :ivar tokens: how many words in all.
    :ivar payload_size: in bytes.
    """

    player: str
    tokens: int
    payload_size: int
    protocol: int = PROTOCOL

    def as_message(self) -> Message:
        return MARK, json.dumps(self._asdict()).encode("ascii")

    def check_same(self, other: Hello) -> None:
        """:raises SidesDisagree: the other side is about to play another game."""
        differences = [
            f"{name} {here} here, {there} there"
            for name, here, there in (
                ("protocol version", self.protocol, other.protocol),
                ("tokens", self.tokens, other.tokens),
                ("payload size", self.payload_size, other.payload_size),
            )
            if here != there
        ]
        if other.protocol != PROTOCOL:
            del differences[1:]
        if differences:
            raise SidesDisagree(f"the two sides disagree: {'; '.join(differences)}")


def heard_from(endpoint: Endpoint) -> Hello:
    """The other side's hello.

    :raises ValueError: what arrived is none.
    """
    mark, text = endpoint.recv()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if mark != MARK or not isinstance(said, dict):
        raise ValueError("no hello of this game")
    if not is_number(said.get("protocol"), LARGEST_PROTOCOL):
        raise ValueError("a hello without a protocol version")
    if said["protocol"] != PROTOCOL:
        return Hello("", 0, 0, said["protocol"])
    if not is_well_formed(said):
        raise ValueError("a hello that is not of this game")
    return Hello(**said)


def is_well_formed(said: dict[str, object]) -> bool:
    return (
        said.keys() == set(Hello._fields)
        and said["player"] in PLAYERS
        and is_number(said["tokens"], MOST_TOKENS)
        and is_number(said["payload_size"], LARGEST_PAYLOAD)
    )


def is_number(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most
