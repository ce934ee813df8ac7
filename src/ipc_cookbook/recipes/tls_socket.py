"""A TCP connection under mutual TLS.

:Shared: a connection, and an authority that has signed the certificates of both ends.
:Framing: token and length, 8 bytes each, then the payload; TLS makes records of it.
:Waiting: ``recv`` blocks until bytes arrive, and have been decrypted.
:Dead peer: ``EOFError`` once every copy of its end is closed, or ``ConnectionResetError``.
:Reach: hosts; here both ends are on the loopback address, and inherited.
:Carries: bytes; TLS knows no messages, so each one says how long it is.
:Room: what the systems' buffers hold, some MiB on Linux; then ``sendall`` waits.
:Needs: trustme; it makes the certificates, by means of cryptography.
"""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, create_server, socket

import trustme

GUARANTEES = frozenset({"count", "order"})


class TlsEnd(ExitStack):
    def __init__(self, plain: socket, keys: str, room: int, server: str | None = None) -> None:
        super().__init__()
        self.plain, self.keys, self.max_payload, self.server = plain, keys, room, server

    def __enter__(self) -> "TlsEnd":
        whom = ssl.Purpose.SERVER_AUTH if self.server else ssl.Purpose.CLIENT_AUTH
        context = ssl.create_default_context(whom, cafile=self.keys)
        context.load_cert_chain(self.keys, password="")  # or OpenSSL asks for one at the terminal
        context.minimum_version, context.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED
        self.plain.setblocking(True)  # whatever the program's default is
        self.plain.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        tls = context.wrap_socket(self.plain, not self.server, server_hostname=self.server)
        self.tls, self.file = self.enter_context(tls), self.enter_context(tls.makefile("rb"))
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload must have at most {self.max_payload} bytes, not {size}")
        self.tls.sendall(message[0].to_bytes(8) + size.to_bytes(8) + message[1])

    def recv(self) -> tuple[int, bytes]:
        if (size := int.from_bytes((header := self.file.read(16))[8:])) > self.max_payload:
            raise ValueError(f"{size} bytes announced, at most {self.max_payload} agreed")
        if len(header) < 16 or len(payload := self.file.read(size)) < size:
            raise EOFError("the other end closed the connection")
        return int.from_bytes(header[:8]), payload


@contextmanager
def open_pair(context: BaseContext, max_payload: int) -> Iterator[tuple[TlsEnd, TlsEnd]]:
    identity = (authority := trustme.CA()).issue_cert("localhost").private_key_and_cert_chain_pem
    with identity.tempfile() as keys, create_server(("127.0.0.1", 0)) as listener:
        authority.cert_pem.write_to_path(keys, append=True)
        with create_connection(listener.getsockname()) as first, listener.accept()[0] as second:
            yield TlsEnd(first, keys, max_payload, "localhost"), TlsEnd(second, keys, max_payload)
