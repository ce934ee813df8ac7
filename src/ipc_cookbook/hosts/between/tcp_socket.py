"""The two sides of the recipe ``socket``, over TLS 1.3."""

from __future__ import annotations

import functools
import hashlib
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast

from ipc_cookbook.errors import ConnectionFailed
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts import hello, reach, tls_end
from ipc_cookbook.hosts.address import Address, numbers_of
from ipc_cookbook.hosts.door import Door
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.keys import Keys, clock, dates_of
from ipc_cookbook.hosts.line import Line, Orders
from ipc_cookbook.hosts.tls_end import TlsEnd

PATIENCE_S = 5.0
BACKLOG = 256
TRIES = 3
LONGEST_POLL_MS = 3_600_000
# of OpenSSL, X509_V_ERR_...
EXPIRED, NOT_YET_VALID, WRONG_NAME = 10, 9, (62, 64)


@contextmanager
def listen(orders: Orders) -> Iterator[Line]:
    """Receive callers until one may play; later ones hear that there is a game."""
    tls = context_for(orders.keys, ssl.Purpose.CLIENT_AUTH)
    admit = functools.partial(tls_end.admit, tls=tls, size=hello.SIZE, patience_s=PATIENCE_S)
    with listening_socket(orders.address) as listener:
        orders.tell(f"listening on {Address(*listener.getsockname()[:2])}")
        door = Door(listener, admit, orders.hello._replace(is_busy=True), orders.tell)
        endpoint, said = door.first.get()
        with endpoint:
            endpoint.send(orders.hello.as_message())
            said = hello.agreed(orders.hello, said)
            yield line(endpoint, said)


def listening_socket(address: Address) -> socket.socket:
    """:raises ConnectionFailed: the port is in use, or the address is not of this machine."""
    number = numbers_of(address)[0]
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    try:
        return socket.create_server((number, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConnectionFailed(
            f"cannot listen on {address}: {error.strerror}", "cannot listen"
        ) from None


@contextmanager
def connect(orders: Orders) -> Iterator[Line]:
    """Call the other side, and hear its hello."""
    tls = context_for(orders.keys, ssl.Purpose.SERVER_AUTH)
    endpoint, said = call(orders, tls)
    with endpoint:
        yield line(endpoint, said)


def call(orders: Orders, tls: ssl.SSLContext) -> tuple[TlsEnd, Hello]:
    """Once the other side listens; a few times, if it hangs up before it knows who calls."""
    address = orders.address
    for number in range(TRIES):
        reach.wait_until_reachable(address, orders.tell)
        try:
            endpoint = tls_end.connect(*address, tls, hello.SIZE, PATIENCE_S)
            try:
                return endpoint, hello.introduce(endpoint, orders.hello)
            except BaseException:
                endpoint.socket.close()
                raise
        except (OSError, EOFError, ValueError) as error:
            failed = what_failed(address, orders.keys, error)
            if failed.reason != "hung up" or number == TRIES - 1:
                raise failed from error
            time.sleep(reach.LONGEST_PAUSE_S / 4)
    raise AssertionError("the last try raises or returns")


def context_for(keys: Keys | None, purpose: ssl.Purpose) -> ssl.SSLContext:
    """TLS 1.3 alone, with a certificate on both sides, signed by the keys' own authority."""
    if keys is None:
        return cast(ssl.SSLContext, NoTls())
    try:
        tls = ssl.create_default_context(purpose, cafile=keys.authority)
        tls.load_cert_chain(keys.certificate, keys.private)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the keys in {keys.folder} cannot be used: {error}") from None
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.verify_mode = ssl.CERT_REQUIRED
    if purpose is ssl.Purpose.CLIENT_AUTH:
        tls.num_tickets = 0  # nobody resumes, and unread ones would turn the end into a reset
    return tls


class NoTls:
    """In the place of a TLS context, where there are no keys: on loopback alone."""

    def wrap_socket(self, own: socket.socket, **_: object) -> socket.socket:
        return own


def line(endpoint: TlsEnd, said: Hello) -> Line:
    own = endpoint.socket
    own.settimeout(None)
    address = str(Address(*own.getpeername()[:2]))
    if not isinstance(own, ssl.SSLSocket):
        peer = Peer(said.player, address, None, None)
    else:
        encoded, chosen = own.getpeercert(binary_form=True), own.cipher()
        assert encoded is not None
        assert chosen is not None
        fingerprint = f"SHA256:{hashlib.sha256(encoded).hexdigest()}"
        peer = Peer(said.player, address, fingerprint, f"{own.version()} {chosen[0]}")
    return Line(endpoint, said, peer, functools.partial(ends_within, own))


def ends_within(own: socket.socket, seconds: float) -> bool:
    """Wait so long, and return early if the other side hangs up."""
    if not hasattr(select, "POLLRDHUP"):
        time.sleep(seconds)
        return False
    hung_up = select.poll()
    hung_up.register(own, select.POLLRDHUP)
    return bool(hung_up.poll(min(seconds * 1000, LONGEST_POLL_MS)))


def what_failed(address: Address, keys: Keys | None, error: Exception) -> ConnectionFailed:
    """Which of the ways to fail it was, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return distrusted(address, error)
    if isinstance(error, EOFError | ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return failure(
            address, "hung up", "it hung up on us before the game; do both sides have keys?"
        )
    if isinstance(error, TimeoutError):
        return failure(address, "no answer", f"it answered, and then kept silent {PATIENCE_S:g} s")
    if isinstance(error, ssl.SSLError):
        return refused_by_tls(address, keys, error)
    if isinstance(error, ValueError):
        return failure(
            address, "no game", f"what answers there is not this game, or has keys ({error})"
        )
    assert isinstance(error, OSError)
    reason = reach.why_unreachable(address, error)
    return failure(address, reason.partition(",")[0], reason)


def failure(address: Address, reason: str, text: str) -> ConnectionFailed:
    return ConnectionFailed(f"{address}: {text}", reason)


def distrusted(address: Address, error: ssl.SSLCertVerificationError) -> ConnectionFailed:
    """The other side's certificate was not good enough."""
    if error.verify_code in (EXPIRED, NOT_YET_VALID):
        reason = "expired" if error.verify_code == EXPIRED else "not yet valid"
        return failure(
            address,
            reason,
            f"its certificate {'has expired' if reason == 'expired' else 'is not yet valid'}: it "
            f"is valid {dates_there(address)}; {this_clock()}",
        )
    if error.verify_code in WRONG_NAME:
        return failure(
            address,
            "wrong name",
            f"its certificate is for another name ({error.verify_message}); call it by a name that "
            "was given to: keys DIR --host",
        )
    return failure(
        address,
        "not trusted",
        "its certificate is not trusted, its keys and ours were not made together "
        f"({error.verify_message})",
    )


def refused_by_tls(address: Address, keys: Keys | None, error: ssl.SSLError) -> ConnectionFailed:
    """The other side did not like ours, or it does not speak TLS."""
    said = error.reason or str(error)
    if "ALERT" not in said:
        return failure(address, "no TLS", f"what answers there does not speak TLS 1.3 ({said})")
    if "CERTIFICATE_EXPIRED" in said and keys:
        begins, ends = dates_of(keys.certificate.read_text(encoding="ascii"))
        return failure(
            address,
            "expired",
            "it says that our certificate has expired, by its clock: it is valid from "
            f"{clock(begins)} to {clock(ends)}; {this_clock()}",
        )
    about = said.rpartition("ALERT_")[2].replace("_", " ").lower()
    return failure(
        address,
        "not trusted",
        f"it does not accept our certificate, its keys and ours were not made together ({about})",
    )


def dates_there(address: Address) -> str:
    """From when until when the certificate that is shown there is valid."""
    try:
        shown = ssl.get_server_certificate(address, timeout=PATIENCE_S)
        begins, ends = dates_of(shown)
    except (OSError, ValueError):
        return "at another time"
    return f"from {clock(begins)} to {clock(ends)}"


def this_clock() -> str:
    return f"this machine's clock says {clock(datetime.now(UTC))}"
