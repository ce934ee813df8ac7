"""What the two sides say to each other before the words and after them.

It travels as a message like any other, over the recipe's own ``send`` and ``recv``: JSON of a
fixed length, so that nobody can make the other side wait for more.
"""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple, Protocol

from ipc_cookbook.errors import ConnectionFailed, SidesDisagree
from ipc_cookbook.transport import Message

PROTOCOL = 1
SIZE = 4096
LARGEST_PAYLOAD = 64 * 1024**2
MARK = int.from_bytes(b"cookbook", "big")


class RemoteEndpoint(Protocol):
    """An endpoint that can be told how long the next payloads are."""

    def expect(self, payload_size: int, /) -> None: ...
    def send(self, message: Message, /) -> None: ...
    def recv(self) -> Message: ...


class Hello(NamedTuple):
    """What a side is about to play.

    :ivar tokens: how many words in all; None to do as the other side says.
    :ivar payload_size: in bytes; None likewise.
    :ivar is_busy: whether there is a game already, so that there will be none.
    :ivar about: more to tell, a bench's plan say.
    """

    player: str
    transport: str
    tokens: int | None
    payload_size: int | None
    protocol: int = PROTOCOL
    is_busy: bool = False
    about: dict[str, Any] | None = None

    def as_message(self) -> Message:
        text = json.dumps(self._asdict(), separators=(",", ":"))
        if len(text) > SIZE:
            raise ValueError(f"a hello must have at most {SIZE} bytes, not {len(text)}")
        return MARK, text.ljust(SIZE).encode("ascii")


def understood(message: Message) -> Hello:
    """What the other side says.

    :raises ValueError: it is no hello.
    """
    mark, text = message
    if mark != MARK or len(text) != SIZE:
        raise ValueError("no hello of this game")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("a hello that is no JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("protocol"), int):
        raise ValueError("a hello without a protocol version")
    if said["protocol"] != PROTOCOL:
        return Hello("", "", None, None, said["protocol"])
    if not is_well_formed(said):
        raise ValueError("a hello that lacks something")
    return Hello(**said)


def is_well_formed(said: dict[str, Any]) -> bool:
    numbers = [said.get("tokens"), said.get("payload_size")]
    return (
        said.keys() == set(Hello._fields)
        and isinstance(said["player"], str)
        and isinstance(said["transport"], str)
        and isinstance(said["is_busy"], bool)
        and isinstance(said["about"], dict | None)
        and all(each is None or (type(each) is int and each >= 0) for each in numbers)
    )


def receive(endpoint: RemoteEndpoint) -> Hello:
    """:raises ValueError: what arrived is no hello."""
    endpoint.expect(SIZE)
    try:
        return understood(endpoint.recv())
    except struct.error:
        raise ValueError("no hello of this game") from None


def introduce(endpoint: RemoteEndpoint, own: Hello) -> Hello:
    """Say hello first, and hear the answer: the one round trip that proves the connection.

    :raises ConnectionFailed: the other side is busy.
    :raises SidesDisagree: the other side is about to play another game.
    """
    endpoint.expect(SIZE)
    endpoint.send(own.as_message())
    return agreed(own, receive(endpoint))


def agreed(own: Hello, other: Hello) -> Hello:
    """The other side's hello, if it suits, with the numbers that both play by."""
    if other.is_busy:
        raise ConnectionFailed("the other side is busy with another game", "busy")
    differences = [
        f"{name} {here} here, {there} there"
        for name, here, there in (
            ("protocol version", own.protocol, other.protocol),
            ("mechanism", own.transport, other.transport),
            ("tokens", own.tokens, other.tokens),
            ("payload size", own.payload_size, other.payload_size),
        )
        if here != there and None not in (here, there)
    ]
    if other.protocol != PROTOCOL:
        del differences[1:]
    elif own.player == other.player:
        differences.append(f"both are {own.player}")
    if differences:
        raise SidesDisagree(f"the two sides disagree: {'; '.join(differences)}")
    tokens = other.tokens if own.tokens is None else own.tokens
    payload_size = other.payload_size if own.payload_size is None else own.payload_size
    if tokens is None or payload_size is None or payload_size > LARGEST_PAYLOAD:
        raise SidesDisagree(f"{tokens} tokens with {payload_size} bytes each cannot be played")
    return other._replace(tokens=tokens, payload_size=payload_size)
