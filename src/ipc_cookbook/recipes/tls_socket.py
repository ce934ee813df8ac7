"""A TCP connection under mutual TLS.

:Shared: a connection, and an authority that has signed the certificates of both ends.
:Framing: token and length, 8 bytes each, then the payload; TLS makes records of it.
:Waiting: ``recv`` blocks until bytes arrive, and have been decrypted.
:Dead peer: ``EOFError`` or an ``OSError``, once no copy of its end is open.
:Reach: hosts; here both ends are on the loopback address, and inherited.
:Carries: bytes; TLS knows no messages, so each one says how long it is.
:Room: what the systems' buffers hold, some MiB on Linux; then ``sendall`` waits.
:Needs: trustme; it makes the certificates, by means of cryptography.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import BaseContext
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, create_server, socket
from ssl import CERT_REQUIRED, Purpose, TLSVersion, create_default_context

import trustme

GUARANTEES = frozenset({"count", "order"})


class TlsEnd(ExitStack):
    def __init__(self, plain: socket, keys: str, room: int, host: str | None = None):
        super().__init__()
        self.plain, self.keys, self.max_payload, self.host = plain, keys, room, host

    def __enter__(self) -> "TlsEnd":
        whom = Purpose.SERVER_AUTH if self.host else Purpose.CLIENT_AUTH
        context = create_default_context(whom, cafile=self.keys)
        context.load_cert_chain(self.keys, password="")  # or the terminal asks for one
        context.minimum_version, context.verify_mode = TLSVersion.TLSv1_3, CERT_REQUIRED
        self.plain.setblocking(True)  # whatever the default is
        self.plain.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        tls = context.wrap_socket(self.plain, not self.host, server_hostname=self.host)
        self.tls = self.enter_context(tls)
        self.file = self.enter_context(tls.makefile("rb"))
        return self

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.tls.sendall(message[0].to_bytes(8) + size.to_bytes(8) + message[1])

    def recv(self) -> tuple[int, bytes]:
        header = self.file.read(16)
        if (size := int.from_bytes(header[8:])) > self.max_payload:
            raise ValueError(f"{size} bytes announced, up to {self.max_payload} agreed")
        if len(header) < 16 or len(payload := self.file.read(size)) < size:
            raise EOFError("the other end closed the connection")
        return int.from_bytes(header[:8]), payload


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[TlsEnd, TlsEnd]]:
    authority = trustme.CA()
    identity = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    with identity.tempfile() as keys, create_server(("127.0.0.1", 0)) as listener:
        authority.cert_pem.write_to_path(keys, append=True)
        address = listener.getsockname()
        common = keys, max_payload
        with create_connection(address) as first, listener.accept()[0] as second:
            yield TlsEnd(first, *common, "localhost"), TlsEnd(second, *common)
