"""Keys for both sides, made together, by an authority of these two alone.

The authority's own key is forgotten as soon as it has signed, so there is nobody to steal it
from, and nobody can be added: make new keys for that.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import trustme
from cryptography import x509

from ipc_cookbook.errors import BadValue
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.hosts.keys import fingerprint
from ipc_cookbook.hosts.reach import clock

DAYS = 365
LONGEST_DAYS = 3650
MOST_HOSTS = 100  # so that a certificate stays small enough for a handshake
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")
NOBODY_CALLS = "ping.invalid"  # a name that no host can have, by RFC 2606
SLACK = timedelta(hours=1)  # two hosts' clocks may differ


class Made(NamedTuple):
    """New keys.

    :ivar fingerprints: of both certificates, Ping's first.
    :ivar hosts: the names and numbers under which the listening side may be called.
    """

    folder: Path
    fingerprints: list[str]
    hosts: list[str]
    ends: datetime

    @property
    def files(self) -> list[Path]:
        return [self.folder / player.lower() for player in PLAYERS]

    def __str__(self) -> str:
        (ping, pong), (of_ping, of_pong) = self.files, self.fingerprints
        return (
            f"{ping}: for the side that connects\n  {of_ping}\n"
            f"{pong}: for the side that listens, at {', '.join(self.hosts)}\n  {of_pong}\n"
            f"valid until {clock(self.ends)}; each side needs its own file, and nobody else's"
        )

    def as_dict(self) -> dict[str, object]:
        names = [player.lower() for player in PLAYERS]
        return {
            "files": dict(zip(names, map(str, self.files), strict=True)),
            "fingerprints": dict(zip(names, self.fingerprints, strict=True)),
            "hosts": self.hosts,
            "valid_until": self.ends.isoformat(),
        }


def make(folder: str, hosts: Sequence[str] = (), days: float = DAYS) -> Made:
    """Make keys for both sides, the files ``ping`` and ``pong`` in a new folder.

    :param hosts: names and numbers under which the listening side will be called, besides
        ``localhost``; none for this machine's name.
    :param days: how long the certificates are valid.
    :raises ValueError: there is something already, a host cannot be one, or a file cannot be
        written.
    """
    if len(hosts) > MOST_HOSTS:
        raise BadValue(f"--host can be given {MOST_HOSTS} times at most, not {len(hosts)} times")
    given = map(host_name, hosts) if hosts else default_hosts()
    names = list(dict.fromkeys([*given, *ALWAYS_NAMED]))
    if not 0 < days <= LONGEST_DAYS:
        raise BadValue(f"--days must be more than 0 and at most {LONGEST_DAYS}, not {days:g}")
    now = datetime.now(UTC).replace(microsecond=0)
    ends = now + timedelta(days=days)
    authority = trustme.CA(organization_name="ipc_cookbook keys")
    target, fingerprints = Path(folder), []
    with new_folder(target) as new:
        for player, called in zip(PLAYERS, ([NOBODY_CALLS], names), strict=True):
            try:
                issued = authority.issue_cert(
                    *called,
                    common_name=player,
                    organization_name="ipc_cookbook",
                    not_before=now - SLACK,
                    not_after=ends,
                )
            except UnicodeError as error:
                raise BadValue(f"--host must be the name of a host: {error}") from None
            own = issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes()
            write_private(new / player.lower(), own, target / player.lower())
            fingerprints.append(fingerprint(x509.load_pem_x509_certificate(own)))
    return Made(target, fingerprints, names, ends)


def default_hosts() -> list[str]:
    """This machine's name, if it can stand in a certificate."""
    try:
        return [host_name(socket.gethostname())]
    except ValueError:
        return []


def host_name(text: str) -> str:
    """A name that a certificate can have, or a number.

    :raises ValueError: it is neither.
    """
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    label = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
    if not re.fullmatch(rf"{label}(\.{label})*", name) or len(name) > 253:
        raise BadValue(f"--host must be the name or the number of a host, not {text!r}")
    return name


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that appears under its name with all that is in it, or not at all.

    :raises ValueError: there is something already, or it cannot be made.
    """
    refuse_to_overwrite(target)
    is_there = target.is_dir()  # and stays, for it may be a mount that nobody can replace
    place = target if is_there else target.parent
    try:
        with TemporaryDirectory(
            prefix=f".{target.name}.", dir=place, ignore_cleanup_errors=True
        ) as name:
            new = Path(name)
            yield new
            if is_there:
                target.chmod(0o700)
                for file in new.iterdir():
                    refuse_to_overwrite(target / file.name)
                    file.rename(target / file.name)
            else:
                refuse_to_overwrite(target)
                new.rename(target)
    except OSError as error:
        raise BadValue(f"cannot make {target}: {error.strerror}") from None


def refuse_to_overwrite(target: Path) -> None:
    if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
        raise BadValue(f"{target} is there already, and nothing is overwritten")


def write_private(path: Path, content: bytes, shown: Path) -> None:
    """:raises ValueError: it cannot be written, the disk is full say."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise BadValue(f"cannot write {shown}: {error.strerror}") from None
