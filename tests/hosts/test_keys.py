"""The command ``keys``, and which keys are taken."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ipc_cookbook import ConnectionFailed, play_remote
from ipc_cookbook.cli import main, statuses
from ipc_cookbook.hosts import keys as all_keys
from ipc_cookbook.hosts.keys import Keys
from json_page import documented

pytest.importorskip("cryptography", reason="keys are made with it")

from ipc_cookbook.hosts import new_keys
from ipc_cookbook.hosts.new_keys import Authority

posix = pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
PLAYERS = ("Ping", "Pong")


@posix
def test_all_is_its_owners_alone(tmp_path: Path) -> None:
    saved = os.umask(0)
    try:
        new_keys.make(str(tmp_path / "keys"))
    finally:
        os.umask(saved)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    for path in [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_player_has_all_that_it_needs_and_no_more(keys: Path) -> None:
    for player, other in PLAYERS, PLAYERS[::-1]:
        mine, theirs = player.lower(), other.lower()
        assert {path.name for path in (keys / mine).iterdir()} == {
            "tls-authority.pem",
            f"tls-{mine}.pem",
            f"tls-{mine}-private.pem",
            f"curve-{mine}.key_secret",
            f"curve-{theirs}.key",
        }
        checked = all_keys.check(keys / mine, player)
        public, secret, others = checked.for_curve()
        assert all_keys.check(keys / theirs, other).for_curve()[0] == others
        assert public != secret
    secrets = {all_keys.check(keys / player.lower(), player).for_curve()[1] for player in PLAYERS}
    for player in PLAYERS:
        texts = b"".join(path.read_bytes() for path in (keys / player.lower()).iterdir())
        assert sum(secret in texts for secret in secrets) == 1
        assert texts.count(b"BEGIN PRIVATE KEY") == 1  # the authority's is nowhere


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "precious").write_text("here before")
    assert main.run(["keys", str(folder)]) == statuses.USAGE
    assert capsys.readouterr().err == (
        f"ipc_cookbook: {folder} is there already, and nothing is overwritten\n"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["keys", "precious"]


def test_an_interrupted_making_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(new_keys, "write_tls", interrupt)
    with pytest.raises(KeyboardInterrupt):
        new_keys.make(str(tmp_path / "keys"))
    assert list(tmp_path.iterdir()) == []


def test_what_the_command_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "keys"
    given = ["keys", str(folder), "--host", "a.example", "--host", "192.0.2.7", "--days", "2"]
    assert main.run([*given, "--json"]) == statuses.DONE
    (made,) = json.loads(capsys.readouterr().out)["results"]
    assert set(made) == documented("Keys")
    assert made["folders"] == {name: str(folder / name) for name in ("ping", "pong")}
    assert made["hosts"] == ["a.example", "192.0.2.7", "localhost", "127.0.0.1", "::1"]
    ends = datetime.fromisoformat(made["valid_until"])
    assert timedelta(days=1.9) < ends - datetime.now(UTC) <= timedelta(days=2)
    begins, really_ends = all_keys.dates_of((folder / "pong" / "tls-pong.pem").read_text())
    assert really_ends == ends
    assert begins < datetime.now(UTC) - timedelta(minutes=50)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--host", "a b"], "--host must be the name or the number of a host, not 'a b'"),
        (["--host", "a..example"], "--host must be"),
        (["--host", ""], "--host must be"),
        (["--days", "0"], "--days must be more than 0 and at most 3650, not 0"),
        (["--days", "nan"], "--days must be more than 0"),
        (["--days", "1e9"], "--days must be more than 0"),
    ],
)
def test_bad_options(
    given: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["keys", str(tmp_path / "keys"), *given]) == statuses.USAGE
    assert capsys.readouterr().err.startswith(f"ipc_cookbook: {message}")
    assert list(tmp_path.iterdir()) == []


def test_a_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "ipc_cookbook.cli.extras.is_installed", lambda package: package != "cryptography"
    )
    assert main.run(["keys", str(tmp_path / "keys")]) == statuses.MISSING
    assert "pip install 'ipc_cookbook[hosts]'" in capsys.readouterr().err


@pytest.fixture
def copy(keys: Path, tmp_path: Path) -> Path:
    """Ping's keys, to be spoilt."""
    return Path(shutil.copytree(keys / "ping", tmp_path / "ping"))


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "readable by all": (
        lambda folder: (folder / "tls-ping-private.pem").chmod(0o644),
        r"tls-ping-private.pem is a private key, and others .* \(mode 0644\).*chmod 600",
    ),
    "readable by the group": (
        lambda folder: (folder / "curve-ping.key_secret").chmod(0o640),
        r"curve-ping.key_secret .* \(mode 0640\)",
    ),
    "no authority": (
        lambda folder: (folder / "tls-authority.pem").unlink(),
        r"tls-authority.pem is missing",
    ),
    "no key": (
        lambda folder: (folder / "tls-ping-private.pem").unlink(),
        r"tls-ping-private.pem cannot be read: No such file",
    ),
    "no folder": (shutil.rmtree, r"there are no keys in .*; make some with"),
    "no certificate": (
        lambda folder: (folder / "tls-ping.pem").write_text("-----BEGIN CERTIFICATE-----\n"),
        r"tls-ping.pem is no certificate",
    ),
}


@posix
@pytest.mark.parametrize("what", UNFIT)
def test_unfit_keys(what: str, remote: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, message = UNFIT[what]
    spoil(copy)
    with pytest.raises(ValueError, match=message):
        play_remote(remote, connect="127.0.0.1:1", keys=copy)
    given = [remote, "--connect", "127.0.0.1:1", "--keys", str(copy)]
    assert main.run(given) == statuses.USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_the_other_players_keys(remote: str, keys: Path) -> None:
    with pytest.raises(ValueError, match="holds the keys of the side that listens"):
        play_remote(remote, connect="127.0.0.1:1", keys=keys / "pong")
    with pytest.raises(ValueError, match="holds the keys of the side that connects"):
        play_remote(remote, listen="127.0.0.1:0", keys=keys / "ping")


@pytest.mark.parametrize(
    ("begins", "ends", "reason"),
    [(-2, -1, "expired"), (1, 2, "not yet valid")],
)
def test_a_certificate_out_of_date(
    remote: str, begins: int, ends: int, reason: str, copy: Path
) -> None:
    """The line has both clocks: the certificate's, and this machine's."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    keys = Keys(copy, "Ping")
    certificate, _ = Authority(now + 9 * hour).issue(
        "Ping", begins=now + begins * hour, ends=now + ends * hour
    )
    keys.certificate.write_bytes(certificate)
    with pytest.raises(ConnectionFailed) as caught:
        play_remote(remote, connect="127.0.0.1:1", keys=copy)
    assert caught.value.reason == reason
    edge = now + (ends if reason == "expired" else begins) * hour
    assert f"{edge:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
    assert f"this machine's clock says {now:%Y-%m-%d %H:%M}" in str(caught.value)


@pytest.mark.parametrize("year", [2049, 2050, 2051])
def test_dates_on_both_sides_of_2050(year: int) -> None:
    """X.509 writes them in two ways."""
    ends = datetime(year, 6, 1, 12, tzinfo=UTC)
    certificate, _ = Authority(ends).issue("Ping")
    assert all_keys.dates_of(certificate.decode())[1] == ends
    with pytest.raises(ValueError, match="dates"):
        all_keys.dates_of(ssl.DER_cert_to_PEM_cert(b"no certificate"))
