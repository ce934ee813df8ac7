"""Call the other host until it answers, and say why it cannot be reached."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from ipc_cookbook.errors import ConnectionFailed
from ipc_cookbook.hosts.address import Address, name_unknown

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0

OUT_OF_DATE = {10: "expired", 9: "not yet valid"}  # of OpenSSL, X509_V_ERR_...
OTHER_NAMES = (62, 64)
HUNG_UP = (EOFError, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
ABOUT_OURS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")  # in RFC 8446, 6.2
UNREACHABLE = {
    errno.EHOSTUNREACH: "no route to that host",
    errno.EHOSTDOWN: "no route to that host",
    errno.ENETUNREACH: "no route to that network",
    errno.ENETDOWN: "no route to that network",
}

Tell = Callable[[str], object]
Met = TypeVar("Met")


def call(address: Address, meet: Callable[[], Met], tell: Tell) -> Met:
    """Try to meet the other side, more and more seldom, until that is done.

    Whoever hangs up before the game may be a forwarder, with nobody behind it yet.

    :param tell: hears what is waited for, and why, after each call.
    :raises ConnectionFailed: it is of no use to wait.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return meet()
        except (OSError, EOFError) as error:
            tell(f"waiting for {address}: {why(address, error)}")
        except ValueError as error:
            raise failed(address, "no game", f"who answers there is no player: {error}") from error
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def failed(address: Address, reason: str, text: str) -> ConnectionFailed:
    return ConnectionFailed(f"{address}: {text}", reason)


def why(address: Address, error: OSError | EOFError) -> str:
    """Why it did not answer.

    :raises ConnectionFailed: it never will.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        raise distrusted(address, error) from None
    if isinstance(error, ConnectionRefusedError):
        return "refused, nobody listens there"
    if isinstance(error, HUNG_UP):
        return "it hung up before the game"
    if isinstance(error, ssl.SSLError):
        raise refused(address, error) from None
    if isinstance(error, socket.gaierror):
        if error.errno != socket.EAI_AGAIN:
            raise name_unknown(address, error) from None
        return "name unknown for the time being"
    if isinstance(error, TimeoutError):
        return "no answer"
    return UNREACHABLE.get(error.errno or 0) or error.strerror or str(error)


def distrusted(address: Address, error: ssl.SSLCertVerificationError) -> ConnectionFailed:
    """The other side's certificate is not good enough for us."""
    reason = OUT_OF_DATE.get(error.verify_code)
    if reason:
        now = clock(datetime.now(UTC))
        return failed(
            address, reason, f"its certificate is {reason}, as this machine's clock says {now}"
        )
    if error.verify_code in OTHER_NAMES:
        return failed(
            address,
            "wrong name",
            f"its certificate is for another name ({error.verify_message}); call it by a name that "
            "was given to: keys DIR --host",
        )
    return failed(
        address,
        "not trusted",
        "its certificate is not trusted, its keys and ours were not made together "
        f"({error.verify_message})",
    )


def refused(address: Address, error: ssl.SSLError) -> ConnectionFailed:
    """The other side did not like our certificate, or it does not speak TLS 1.3 as we do."""
    said = error.reason or "no reason given"
    _, is_alert, about = said.partition("ALERT_")
    if not (is_alert and any(word in about for word in ABOUT_OURS)):
        text = f"what answers there does not speak TLS 1.3 with us ({said})"
        return failed(address, "no TLS", text)
    about = about.replace("_", " ").lower()
    if about == "certificate expired":
        return failed(
            address,
            "expired",
            "it says that our certificate has expired; this machine's clock says "
            f"{clock(datetime.now(UTC))}",
        )
    return failed(
        address,
        "not trusted",
        f"it does not accept our certificate, its keys and ours were not made together ({about})",
    )


def clock(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
