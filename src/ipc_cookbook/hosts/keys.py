"""The keys of one player: where they are, and whether they are fit for use.

A folder holds all that one player needs, and nothing of the other one's that is secret. For
TLS that is a certificate of its own, its private key, and the authority that signed both
players' certificates; for ZeroMQ a pair of CURVE keys and the other player's public one.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ipc_cookbook.errors import ConnectionFailed
from ipc_cookbook.game.loop import PLAYERS


class Keys(NamedTuple):
    """Where one player's keys are.

    :ivar player: ``"Ping"`` or ``"Pong"``.
    """

    folder: Path
    player: str

    @property
    def other(self) -> str:
        return PLAYERS[1 - PLAYERS.index(self.player)]

    @property
    def authority(self) -> Path:
        return self.folder / "tls-authority.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / f"tls-{self.player.lower()}.pem"

    @property
    def private(self) -> Path:
        return self.folder / f"tls-{self.player.lower()}-private.pem"

    @property
    def curve_private(self) -> Path:
        return self.folder / f"curve-{self.player.lower()}.key_secret"

    @property
    def curve_other(self) -> Path:
        return self.folder / f"curve-{self.other.lower()}.key"

    def for_curve(self) -> tuple[bytes, bytes, bytes]:
        """Its own public key, its own secret one, and the other player's public one."""
        from zmq.auth import load_certificate

        try:
            public, secret = load_certificate(self.curve_private)
            other, _ = load_certificate(self.curve_other)
        except (OSError, ValueError) as error:
            raise ValueError(f"the CURVE keys in {self.folder} cannot be read: {error}") from None
        if secret is None:
            raise ValueError(f"{self.curve_private} holds no secret key")
        return public, secret, other


def check(folder: str | os.PathLike[str], player: str) -> Keys:
    """See that a folder holds one player's keys, and that they are its owner's alone.

    :raises ValueError: it does not, or they are not.
    :raises ConnectionFailed: the certificate is out of date, by this machine's clock.
    """
    keys = Keys(Path(folder), player)
    if not keys.folder.is_dir():
        raise ValueError(
            f"there are no keys in {folder}; make some with: python -m ipc_cookbook keys DIR"
        )
    others = Keys(keys.folder, keys.other)
    if others.private.exists() and not keys.private.exists():
        verb = {"Ping": "connects", "Pong": "listens"}
        raise ValueError(
            f"{folder} holds the keys of the side that {verb[keys.other]} ({keys.other.lower()}); "
            f"the side that {verb[player]} needs those of {player.lower()}"
        )
    for path in (keys.authority, keys.certificate, keys.curve_other):
        if not path.is_file():
            raise ValueError(f"{path} is missing")
    for path in (keys.private, keys.curve_private):
        check_private(path)
    check_dates(keys)
    return keys


def check_private(path: Path) -> None:
    """:raises ValueError: it is missing, or others can read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if os.name == "posix" and mode & 0o077:
        raise ValueError(
            f"{path} is a private key, and others than its owner may read or change it "
            f"(mode {mode:04o}); forbid that with: chmod 600 {path}"
        )


def check_dates(keys: Keys) -> None:
    try:
        begins, ends = dates_of(keys.certificate.read_text(encoding="ascii"))
    except ValueError:
        raise ValueError(f"{keys.certificate} is no certificate") from None
    now = datetime.now(UTC)
    if now > ends:
        raise ConnectionFailed(
            f"the certificate in {keys.folder} has expired: it was valid until {clock(ends)}, "
            f"and this machine's clock says {clock(now)}",
            "expired",
        )
    if now < begins:
        raise ConnectionFailed(
            f"the certificate in {keys.folder} is not yet valid: it will be from {clock(begins)} "
            f"on, and this machine's clock says {clock(now)}",
            "not yet valid",
        )


def dates_of(certificate: str) -> tuple[datetime, datetime]:
    """From when until when a certificate is valid, to tell people; TLS itself decides.

    The standard library decodes only certificates that it trusts. In X.509, of RFC 5280,
    these two are the only pair of times: ``UTCTime`` up to 2049, then ``GeneralizedTime``.

    :param certificate: as PEM.
    :raises ValueError: it is none.
    """
    encoded = ssl.PEM_cert_to_DER_cert(certificate[certificate.index("-----BEGIN") :])
    time = rb"(?:\x17\x0d|\x18\x0f)(\d{12,14})Z"
    pair = re.search(time + time, encoded)
    if not pair:
        raise ValueError("a certificate without dates")
    begins, ends = (
        datetime.strptime(text.decode(), "%y%m%d%H%M%S" if len(text) == 12 else "%Y%m%d%H%M%S")
        for text in pair.groups()
    )
    return begins.replace(tzinfo=UTC), ends.replace(tzinfo=UTC)


def clock(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
