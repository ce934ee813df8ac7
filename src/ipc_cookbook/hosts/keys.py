"""The keys of one side, in one file, and whether they are fit for use.

The file has a private key, the certificate of that key, and the certificate of the authority
that has signed those of both sides, all as PEM.
"""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from ipc_cookbook.errors import BadType, BadValue, ConnectionFailed
from ipc_cookbook.hosts.reach import clock

HOW_TO_MAKE = "make keys with: python -m ipc_cookbook keys DIR"
LARGEST_BYTES = 64 * 1024
VERBS = {"Ping": "connects", "Pong": "listens"}


def check(keys: object, player: str) -> str:
    """See that a file holds one player's keys, and that nobody else can read or change them.

    :returns: its path.
    :raises ValueError: it does not, or somebody can.
    :raises ConnectionFailed: the certificate is out of date, by this machine's clock.
    :raises TypeError: it is no path.
    """
    if not isinstance(keys, str | os.PathLike):
        raise BadType(f"keys must be the path of a file, as a string or a Path, not {keys!r}")
    if "\0" in os.fspath(keys):
        raise BadValue(f"keys must be the path of a file, not {keys!r}")
    path = Path(keys)
    own, authority = read(path)
    check_player(path, own, player)
    try:
        own.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        raise damaged(path, "its authority has not signed its certificate") from None
    check_dates(path, own)
    return str(path)


def read(path: Path) -> list[x509.Certificate]:
    """The player's certificate, and the authority's.

    :raises ValueError: the file cannot be read, others have their hands in it, or it is damaged.
    """
    try:
        if path.is_dir():
            raise BadValue(f"{path} is a folder; each side has a file in it: {path / 'ping'}")
        if path.exists() and not path.is_file():  # a pipe, say, would be waited for
            raise damaged(path, "it is no file")
        if path.stat().st_size > LARGEST_BYTES:
            raise damaged(path, "it is too large")
        data = path.read_bytes()
        for place in dict.fromkeys([path, path.absolute().parent, path.resolve().parent]):
            check_private(place, 0o077 if place == path else 0o022)
    except OSError as error:
        raise BadValue(
            f"{path} cannot be read: {error.strerror}; if there is none, {HOW_TO_MAKE}"
        ) from None
    try:
        load_pem_private_key(data, None)
        certificates = x509.load_pem_x509_certificates(data)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_verify_locations(path)
        tls.load_cert_chain(path)
    except (ValueError, TypeError, UnsupportedAlgorithm, ssl.SSLError) as error:
        raise damaged(path, getattr(error, "reason", None) or "it is no PEM of keys") from None
    if len(certificates) != 2:
        raise damaged(path, f"it has {len(certificates)} certificates, not 2")
    return certificates


def damaged(path: Path, how: str) -> BadValue:
    return BadValue(f"{path} is damaged, or holds no keys of this program: {how}")


def check_private(path: Path, forbidden: int) -> None:
    """:raises ValueError: it belongs to somebody else, or others may do what is forbidden."""
    if os.name != "posix":
        return
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise BadValue(
            f"{path} belongs to somebody else (uid {status.st_uid}), who can change the keys; "
            "keep them in a folder and a file of your own"
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & forbidden:
        what = "read or change" if forbidden & 0o044 else "change"
        raise BadValue(
            f"others than its owner may {what} {path} (mode {mode:04o}); forbid that with: "
            f"chmod {mode & ~forbidden:o} {path}"
        )


def check_player(path: Path, own: x509.Certificate, player: str) -> None:
    names = [str(name.value) for name in own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or names[0] not in VERBS:
        raise damaged(path, "its certificate is no player's")
    if names[0] != player:
        raise BadValue(
            f"{path} holds the keys of the side that {VERBS[names[0]]} ({names[0]}); the side that "
            f"{VERBS[player]} needs those of {player}"
        )


def check_dates(path: Path, own: x509.Certificate) -> None:
    now, begins, ends = datetime.now(UTC), own.not_valid_before_utc, own.not_valid_after_utc
    if not begins <= now <= ends:
        reason = "expired" if now > ends else "not yet valid"
        raise ConnectionFailed(
            f"the certificate in {path} is {reason}: it is valid from {clock(begins)} to "
            f"{clock(ends)}, and this machine's clock says {clock(now)}",
            reason,
        )


def fingerprint(certificate: x509.Certificate) -> str:
    """To be compared: the SHA-256 of the certificate as DER."""
    return f"SHA256:{certificate.fingerprint(SHA256()).hex()}"
