"""Keys for both players, made together: a small certificate authority, and CURVE key pairs.

The authority's private key is forgotten as soon as it has signed, so there is nobody to steal
it from, and nobody can be added: make new keys for that.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import zmq.auth
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipc_cookbook.game.loop import FIRST, PLAYERS
from ipc_cookbook.hosts.keys import Keys, clock

DAYS = 365
LONGEST_DAYS = 3650
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
SLACK = timedelta(hours=1)  # two hosts' clocks may differ


class Made(NamedTuple):
    """New keys.

    :ivar hosts: the names and numbers under which the listening side may be called.
    """

    folder: Path
    hosts: list[str]
    ends: datetime

    def __str__(self) -> str:
        return (
            f"{self.folder / 'ping'}: for the side that connects\n"
            f"{self.folder / 'pong'}: for the side that listens, at {', '.join(self.hosts)}\n"
            f"valid until {clock(self.ends)}; each side needs its own folder, and nobody else's"
        )

    def as_dict(self) -> dict[str, object]:
        return {
            "folders": {name: str(self.folder / name) for name in map(str.lower, PLAYERS)},
            "hosts": self.hosts,
            "valid_until": self.ends.isoformat(),
        }


def make(folder: str, hosts: Sequence[str] = (), days: float = DAYS) -> Made:
    """Make keys for both players, in ``ping`` and ``pong`` below a new folder.

    :param hosts: names and numbers under which the listening side will be called, besides
        ``localhost``; none for this machine's name.
    :param days: how long the certificates are valid.
    :raises ValueError: there is something already, or a host cannot be one.
    """
    names = [
        host_name(host) for host in dict.fromkeys([*(hosts or default_hosts()), *ALWAYS_NAMED])
    ]
    if not 0 < days <= LONGEST_DAYS:
        raise ValueError(f"--days must be more than 0 and at most {LONGEST_DAYS}, not {days:g}")
    target = Path(folder)
    refuse_to_overwrite(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise ValueError(f"cannot make {folder}: {error.strerror}") from None
    try:
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        write_all(new, names, ends)
        refuse_to_overwrite(target)
        try:
            new.rename(target)
        except OSError as error:
            raise ValueError(f"cannot make {folder}: {error.strerror}") from None
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return Made(target, [str(name) for name in names], ends)


def default_hosts() -> list[str]:
    """This machine's name, if it can stand in a certificate."""
    try:
        return [str(host_name(socket.gethostname()))]
    except ValueError:
        return []


def refuse_to_overwrite(target: Path) -> None:
    if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
        raise ValueError(f"{target} is there already, and nothing is overwritten")


Host = str | ipaddress.IPv4Address | ipaddress.IPv6Address


def host_name(text: str) -> Host:
    """A name that a certificate can have, or a number.

    :raises ValueError: it is neither.
    """
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    label = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
    if not re.fullmatch(rf"{label}(\.{label})*", name) or len(name) > 253:
        raise ValueError(f"--host must be the name or the number of a host, not {text!r}")
    return name


class Authority:
    """A small certificate authority. Its private key is never written down.

    :param ends: until when its own certificate is valid, from an hour ago on.
    """

    def __init__(self, ends: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._name = common_name(f"ipc_cookbook keys {x509.random_serial_number() % 16**8:08x}")
        self._begins, self._ends = datetime.now(UTC) - SLACK, ends
        self.certificate = self._sign(
            self._unsigned(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
            .add_extension(self._id, critical=False)
        )

    def issue(
        self,
        player: str,
        hosts: Iterable[Host] = (),
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> tuple[bytes, bytes]:
        """A certificate and its private key, as PEM.

        :param hosts: under which names it may be called, if it is the side that listens.
        :param begins: from when it is valid, None for as long as the authority's own.
        :param ends: until when, likewise.
        """

        key = ec.generate_private_key(ec.SECP256R1())
        calls = player == FIRST
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if calls else ExtendedKeyUsageOID.SERVER_AUTH
        unsigned = (
            self._unsigned(common_name(player), key.public_key(), begins, ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        names = [x509.DNSName(h) if isinstance(h, str) else x509.IPAddress(h) for h in hosts]
        if not calls:
            unsigned = unsigned.add_extension(x509.SubjectAlternativeName(names), critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._sign(unsigned), private

    def _unsigned(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> x509.CertificateBuilder:
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._id)
        return (
            x509.CertificateBuilder()
            .issuer_name(self._name)
            .subject_name(subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins or self._begins)
            .not_valid_after(ends or self._ends)
            .add_extension(authority, critical=False)
        )

    def _sign(self, unsigned: x509.CertificateBuilder) -> bytes:
        signed = unsigned.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in allowed for name in KEY_USAGES})


def write_all(new: Path, hosts: Iterable[Host], ends: datetime) -> None:
    """Write both players' folders; each gets the other's public CURVE key instead of its own."""
    authority = Authority(ends)
    ping, pong = (Keys(new / player.lower(), player) for player in PLAYERS)
    for keys in ping, pong:
        keys.folder.mkdir(mode=0o700)
        write_tls(keys, authority.certificate, *authority.issue(keys.player, hosts))
        zmq.auth.create_certificates(keys.folder, f"curve-{keys.player.lower()}")
        keys.curve_private.chmod(0o600)
    for giving, taking in (ping, pong), (pong, ping):
        (giving.folder / taking.curve_other.name).replace(taking.curve_other)
        taking.curve_other.chmod(0o600)


def write_tls(keys: Keys, authority: bytes, certificate: bytes, private: bytes) -> None:
    write_private(keys.authority, authority)
    write_private(keys.certificate, certificate)
    write_private(keys.private, private)


def write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
