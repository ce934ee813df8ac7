"""A mechanism of one's own: lines of text over a pair of connected sockets.

:Shared: two connected sockets; each process holds one.
:Framing: a line per message, the payload in hexadecimal.
:Waiting: ``readline`` blocks until a whole line has arrived.
:Dead peer: ``EOFError``, once every copy of its socket is closed.
:Reach: related processes; a socket is inherited.
:Carries: bytes; they are written as text.
:Room: what the system's buffer holds; then ``send`` waits.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext


class Lines:
    """One player's end. It is entered in the player's own process."""

    def __init__(self, end: socket.socket, max_payload: int) -> None:
        self.end = end
        self.max_payload = max_payload

    def __enter__(self) -> "Lines":
        self.stream = self.end.makefile("rwb")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stream.close()
        self.end.close()

    def send(self, message: tuple[int, bytes]) -> None:
        token, payload = message
        if (size := len(payload)) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.stream.write(f"{token} {payload.hex()}\n".encode())
        self.stream.flush()

    def recv(self) -> tuple[int, bytes]:
        line = self.stream.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the other end is closed")
        token, _, payload = line.decode().partition(" ")
        return int(token), bytes.fromhex(payload)


class LinesOfText:
    """The transport."""

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[Lines, Lines]]:
        """Yield both ends; close them when the game is over."""
        first, second = socket.socketpair()
        with first, second:
            yield Lines(first, max_payload), Lines(second, max_payload)


if __name__ == "__main__":
    from ipc_cookbook import run_pingpong

    result = run_pingpong(LinesOfText(), payload=b"luggage")
    print(result.transcript)
    print(f"{result.count} words, in turn: {result.alternates}, ok: {result.ok}")
