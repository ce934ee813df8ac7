"""Lines of JSON over two pipes.

:Shared: two pipes; a process has an end of each, as any program has stdin and stdout.
:Framing: a line; in it JSON, and in that the payload in Base64.
:Waiting: ``readline`` blocks until a whole line has arrived.
:Dead peer: ``EOFError`` once no copy of its ends is open, ``BrokenPipeError`` in
    ``send``.
:Reach: related processes; as stdin and stdout of any program, in any language.
:Carries: bytes; whatever JSON can say would do.
:Room: what the pipe holds, 64 KiB on Linux; then ``write`` waits.
:Runs on: Linux, macOS; elsewhere a ``Connection`` has no descriptor to make a file of.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import IO, Any

GUARANTEES = frozenset({"count", "order"})


class JsonLines:
    def __init__(self, incoming: IO[str], outgoing: IO[str], max_payload: int) -> None:
        self.incoming, self.outgoing, self.max_payload = incoming, outgoing, max_payload

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        payload = b64encode(message[1]).decode()
        line = json.dumps({"token": message[0], "payload": payload})
        self.outgoing.write(line + "\n")  # a line-buffered file passes it on at its end

    def recv(self) -> tuple[int, bytes]:
        if not (line := self.incoming.readline()).endswith("\n"):
            raise EOFError("the other end is closed")
        message = json.loads(line)
        return message["token"], b64decode(message["payload"])


class JsonEnd(ExitStack):
    def __init__(
        self, reader: "Connection[Any, Any]", writer: "Connection[Any, Any]", most: int
    ):
        super().__init__()
        self.reader, self.writer, self.max_payload = reader, writer, most

    def __enter__(self) -> JsonLines:  # type: ignore[override]
        with self.reader, self.writer:
            reader, writer = os.dup(self.reader.fileno()), os.dup(self.writer.fileno())
        incoming = self.enter_context(open(reader, encoding="ascii"))
        outgoing = self.enter_context(open(writer, "w", encoding="ascii", buffering=1))
        return JsonLines(incoming, outgoing, self.max_payload)


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[JsonEnd, JsonEnd]]:
    reader, there = context.Pipe(duplex=False)
    here, writer = context.Pipe(duplex=False)
    with reader, there, here, writer:
        yield JsonEnd(here, there, max_payload), JsonEnd(reader, writer, max_payload)
