"""The keys of the two sides: made together, kept apart, read with suspicion.

A folder holds all that one side needs, and nothing of the other side's that is secret. For
TLS that is a certificate of its own, its private key, and the authority that signed both
sides' certificates; for ZeroMQ a pair of CURVE keys and the other side's public one. The
authority's private key is forgotten as soon as it has signed, so there is nobody to steal it
from, and nobody can be added: make new keys for that.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket
import ssl
import stat
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ipc_cookbook.transport import ConnectionFailed, TransportUnavailable

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

SIDES = ("ping", "pong")
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


class Keys(NamedTuple):
    """Where one side's keys are.

    :ivar side: ``"ping"`` or ``"pong"``.
    """

    folder: Path
    side: str

    @property
    def other(self) -> str:
        return SIDES[1 - SIDES.index(self.side)]

    @property
    def authority(self) -> Path:
        return self.folder / "tls-authority.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / f"tls-{self.side}.pem"

    @property
    def private(self) -> Path:
        return self.folder / f"tls-{self.side}-private.pem"

    @property
    def curve_private(self) -> Path:
        return self.folder / f"curve-{self.side}.key_secret"

    @property
    def curve_other(self) -> Path:
        return self.folder / f"curve-{self.other}.key"

    def for_curve(self) -> tuple[bytes, bytes, bytes]:
        """Its own public key, its own secret one, and the other side's public one."""
        from zmq.auth import load_certificate

        try:
            public, secret = load_certificate(self.curve_private)
            other, _ = load_certificate(self.curve_other)
        except (OSError, ValueError) as error:
            raise ValueError(f"the CURVE keys in {self.folder} cannot be read: {error}") from None
        if secret is None:
            raise ValueError(f"{self.curve_private} holds no secret key")
        return public, secret, other


def check(folder: str | os.PathLike[str], side: str) -> Keys:
    """See that a folder holds one side's keys, and that they are its owner's alone.

    :raises ValueError: it does not, or they are not.
    :raises ConnectionFailed: the certificate is out of date, by this machine's clock.
    """
    keys = Keys(Path(folder), side)
    if not keys.folder.is_dir():
        raise ValueError(
            f"there are no keys in {folder}; make some with: python -m ipc_cookbook keys DIR"
        )
    others = Keys(keys.folder, keys.other)
    if others.private.exists() and not keys.private.exists():
        verb = {"ping": "connects", "pong": "listens"}
        raise ValueError(
            f"{folder} holds the keys of the side that {verb[keys.other]} ({keys.other}); "
            f"the side that {verb[side]} needs those of {side}"
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
            "folders": {side: str(self.folder / side) for side in SIDES},
            "hosts": self.hosts,
            "valid_until": self.ends.isoformat(),
        }


def make(folder: str, hosts: Sequence[str] = (), days: float = DAYS) -> Made:
    """Make keys for both sides, in ``ping`` and ``pong`` below a new folder.

    :param hosts: names and numbers under which the listening side will be called, besides
        ``localhost``; none for this machine's name.
    :param days: how long the certificates are valid.
    :raises TransportUnavailable: a package is missing.
    :raises ValueError: there is something already, or a host cannot be one.
    """
    try:
        import cryptography  # noqa: F401
        import zmq.auth  # noqa: F401
    except ImportError as error:
        raise TransportUnavailable(
            f"keys needs {error.name}: pip install 'ipc_cookbook[hosts]'"
        ) from None
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
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

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
        side: str,
        hosts: Iterable[Host] = (),
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> tuple[bytes, bytes]:
        """A certificate and its private key, as PEM.

        :param hosts: under which names it may be called, if it is the side that listens.
        :param begins: from when it is valid, None for as long as the authority's own.
        :param ends: until when, likewise.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key = ec.generate_private_key(ec.SECP256R1())
        calls = side == "ping"
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if calls else ExtendedKeyUsageOID.SERVER_AUTH
        unsigned = (
            self._unsigned(common_name(side.title()), key.public_key(), begins, ends)
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
        from cryptography import x509

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
        from cryptography.hazmat.primitives import hashes, serialization

        signed = unsigned.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def common_name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_usage(*allowed: str) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(**{name: name in allowed for name in KEY_USAGES})


def write_all(new: Path, hosts: Iterable[Host], ends: datetime) -> None:
    """Write both sides' folders; each gets the other's public CURVE key instead of its own."""
    import zmq.auth

    authority = Authority(ends)
    ping, pong = (Keys(new / side, side) for side in SIDES)
    for keys in ping, pong:
        keys.folder.mkdir(mode=0o700)
        write_tls(keys, authority.certificate, *authority.issue(keys.side, hosts))
        zmq.auth.create_certificates(keys.folder, f"curve-{keys.side}")
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
