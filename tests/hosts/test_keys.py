"""The command ``keys``, and which keys are taken."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driver import CODE, COOKBOOK, Running, run
from ipc_cookbook import ConnectionFailed, play_remote
from ipc_cookbook.cli import main, statuses
from json_page import documented
from missing import what_to_install, without_packages_of

pytest.importorskip("trustme", reason="keys are made with it")

import trustme

from ipc_cookbook.hosts import keys as all_keys
from ipc_cookbook.hosts import new_keys

posix = pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
as_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away"
)
PLAYERS = ("Ping", "Pong")
NOBODY = 65534


@posix
def test_all_is_its_owners_alone(tmp_path: Path) -> None:
    saved = os.umask(0)
    try:
        new_keys.make(str(tmp_path / "keys"))
    finally:
        os.umask(saved)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    for path in [tmp_path / "keys", *(tmp_path / "keys").iterdir()]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_player_has_all_that_it_needs_and_no_more(keys: Path) -> None:
    texts = {player: (keys / player.lower()).read_text() for player in PLAYERS}
    assert sorted(path.name for path in keys.iterdir()) == ["ping", "pong"]
    for player, text in texts.items():
        assert all_keys.check(keys / player.lower(), player) == str(keys / player.lower())
        assert text.count("PRIVATE KEY-----") == 2  # one; the authority's is nowhere
        assert text.count("BEGIN CERTIFICATE") == 2
    first = [text.split("-----END")[0] for text in texts.values()]
    assert first[0] != first[1]
    authorities = {text.split("-----BEGIN")[-1] for text in texts.values()}
    assert len(authorities) == 1


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "precious").write_text("here before")
    assert main.run(["keys", str(folder)]) == statuses.USAGE
    assert capsys.readouterr().err == (
        f"ipc_cookbook: {folder} is there already, and nothing is overwritten\n"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["keys", "precious"]


SLOW = """\
import sys
from ipc_cookbook.cli import main
from ipc_cookbook.hosts import new_keys

def write_and_wait(path, content, shown):
    write(path, content, shown)
    print(path, flush=True)
    if path.name == sys.argv[2]:
        sys.stdin.read()

write, new_keys.write_private = new_keys.write_private, write_and_wait
sys.exit(main.run(["keys", sys.argv[1]]))
"""


@posix
@pytest.mark.parametrize("name", ["ping", "pong"])
@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ([signal.SIGTERM], -signal.SIGTERM),
        ([signal.SIGHUP], -signal.SIGHUP),
        ([signal.SIGINT], 130),
        ([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT], -signal.SIGHUP),
    ],
)
def test_ended_in_the_middle_it_leaves_nothing(
    tmp_path: Path, name: str, numbers: list[signal.Signals], status: int
) -> None:
    with Running(*CODE, SLOW, tmp_path / "keys", name) as making:
        assert Path(making.out.until(f".*{name}\n")[0].strip()).exists()
        for number in numbers:
            making.signal(number)
        making.close_input()
        making.end(status)
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_signal_that_is_ignored_does_not_end_it(tmp_path: Path) -> None:
    """As under ``nohup``."""
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + SLOW
    with Running(*CODE, code, tmp_path / "keys", "pong") as making:
        making.out.until(".*pong\n")
        making.signal(signal.SIGHUP)
        making.close_input()
        making.end(0)
    assert {path.name for path in tmp_path.rglob("*")} == {"keys", "ping", "pong"}


@posix
def test_sigterm_at_any_moment(tmp_path: Path) -> None:
    for number in range(12):
        with Running(*COOKBOOK, "keys", tmp_path / "keys") as making:
            with suppress(subprocess.TimeoutExpired):
                making.popen.wait(0.02 * number + 0.01)
            with suppress(ProcessLookupError):
                making.signal(signal.SIGTERM)
            making.end(0, -signal.SIGTERM, 128 + signal.SIGTERM)
        names = {path.name for path in tmp_path.rglob("*")}
        assert names in (set(), {"keys", "ping", "pong"})
        shutil.rmtree(tmp_path / "keys", ignore_errors=True)


@posix
def test_a_full_disk_is_one_line_about_the_file(tmp_path: Path) -> None:
    """No file may grow beyond a few bytes: to a program, that is much the same."""
    small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    code = small + "import sys; from ipc_cookbook.cli.main import run; sys.exit(run())"
    done = run(*CODE, code, "keys", tmp_path / "keys", status=2)
    assert done.stderr == (
        f"ipc_cookbook: cannot write {tmp_path / 'keys' / 'ping'}: File too large\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_no_folder_to_put_it_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "none" / "keys"
    assert main.run(["keys", str(target)]) == statuses.USAGE
    assert capsys.readouterr().err == (
        f"ipc_cookbook: cannot make {target}: No such file or directory\n"
    )


def test_what_the_command_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    given = ["keys", str(folder), "--host", "a.example", "--host", "fe80::1%eth0", "--days", "2"]
    assert main.run([*given, "--json"]) == statuses.DONE
    (made,) = json.loads(capsys.readouterr().out)["results"]
    assert set(made) == documented("Keys")
    assert made["files"] == {name: str(folder / name) for name in ("ping", "pong")}
    assert made["hosts"] == ["a.example", "fe80::1", "localhost", "127.0.0.1", "::1"]
    ends = datetime.fromisoformat(made["valid_until"])
    assert timedelta(days=1.9) < ends - datetime.now(UTC) <= timedelta(days=2)
    own, _ = all_keys.read(folder / "pong")
    assert own.not_valid_after_utc == ends
    assert own.not_valid_before_utc < datetime.now(UTC) - timedelta(minutes=50)


def test_the_fingerprints_are_those_that_the_game_shows(
    remote: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from two_players import play_both

    made = new_keys.make(str(tmp_path / "keys"))
    results = play_both(remote, tmp_path / "keys", {}, {})
    shown = [str(result.peer.key) for _, result in sorted(results.items()) if result.peer]
    assert shown == made.fingerprints[::-1]  # each shows the other's
    assert all(fingerprint in str(made) for fingerprint in shown)


def test_as_many_hosts_as_can_be_given(
    remote: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Are not too many to play with."""
    from two_players import play_both

    label = "a" * 60
    names = [f"{label}.{label}.{label}.{number}.example" for number in range(100)]
    hosts = [word for name in names for word in ("--host", name)]
    assert main.run(["keys", str(tmp_path / "keys"), *hosts]) == statuses.DONE
    results = play_both(remote, tmp_path / "keys", {}, {})
    assert all(result.ok for result in results.values())


def test_a_folder_with_a_strange_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Does not steer a terminal."""
    assert main.run(["keys", str(tmp_path / "a\x1b[31m\nb")]) == statuses.DONE
    err = capsys.readouterr().err
    assert err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--host", "a b"], "--host must be the name or the number of a host, not 'a b'"),
        (["--host", "a..example"], "--host must be"),
        (["--host", "*.example"], "--host must be"),
        (["--host", "me@a.example"], "--host must be"),
        (["--host", "192.0.2.0/24"], "--host must be"),
        (["--host", ""], "--host must be"),
        (["--host", "xn--a"], "--host must be"),
        (["--host", "a.example"] * 101, "--host can be given 100 times at most, not 101 times"),
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
    assert capsys.readouterr().err == (
        "ipc_cookbook: keys needs cryptography: pip install 'ipc_cookbook[hosts]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_package_of_the_recipe_is_missing(remote: str) -> None:
    code = (
        f"import sys; {without_packages_of(remote)}\n"
        "from ipc_cookbook.cli.main import run; sys.exit(run())"
    )
    given = (remote, "--connect", "127.0.0.1:1", "--keys", "keys/ping")
    done = run(*CODE, code, *given, status=statuses.MISSING)
    assert done.stderr == f"ipc_cookbook: {what_to_install(remote)}\n"


@pytest.fixture
def copy(keys: Path, tmp_path: Path) -> Path:
    """Ping's keys, to be spoilt."""
    tmp_path.chmod(0o700)
    return Path(shutil.copy(keys / "ping", tmp_path / "ping"))


def lines(path: Path, *kept: slice) -> None:
    """Keep those lines of a file alone."""
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for part in kept for line in text[part]))


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_to_zeros(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def make_huge(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(2**40)


def encrypt(path: Path) -> None:
    """A password must not be asked for."""
    from cryptography.hazmat.primitives import serialization

    text = path.read_bytes()
    private = serialization.load_pem_private_key(text, None)
    encrypted = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    path.write_bytes(encrypted + text[text.index(b"-----BEGIN CERTIFICATE") :])


def replace_key(path: Path) -> None:
    """By one that does not belong to the certificate."""
    other = trustme.CA().issue_cert("a.example", common_name="Ping")
    certificates = path.read_text().partition("-----BEGIN CERTIFICATE")
    path.write_bytes(other.private_key_pem.bytes() + "".join(certificates[1:]).encode())


def replace_authority(path: Path) -> None:
    text = path.read_text()
    own = text[: text.rindex("-----BEGIN CERTIFICATE")]
    path.write_bytes(own.encode() + trustme.CA().cert_pem.bytes())


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "readable by all": (
        lambda path: path.chmod(0o644),
        r"others than its owner may read or change .*ping \(mode 0644\).*: chmod 600 .*ping$",
    ),
    "readable by the group": (lambda path: path.chmod(0o640), r"read or change .*\(mode 0640\)"),
    "writable by the group": (lambda path: path.chmod(0o620), r"read or change .*\(mode 0620\)"),
    "the folder is writable by all": (
        lambda path: path.parent.chmod(0o777),
        r"others than its owner may change (?!.*ping).* \(mode 0777\).*: chmod 755 ",
    ),
    "not there": (Path.unlink, r"ping cannot be read: No such file or directory; .*make keys with"),
    "a folder": (
        make_folder,
        r"ping is a folder; each side has a file in it: .*ping.ping",
    ),
    "a pipe": (make_pipe, r"ping is damaged, or holds no keys of this program: it is no file"),
    "without end": (link_to_zeros, r"ping is damaged, .*: it is no file"),
    "huge": (make_huge, r"ping is damaged, .*: it is too large"),
    "under a password": (encrypt, r"ping is damaged, or holds no keys of this program"),
    "empty": (lambda path: path.write_bytes(b""), r"ping is damaged, or holds no keys"),
    "no text": (lambda path: path.write_bytes(bytes(range(256))), r"ping is damaged"),
    "no private key": (lambda path: lines(path, slice(5, None)), r"ping is damaged"),
    "no certificates": (lambda path: lines(path, slice(5)), r"ping is damaged"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-100]), r"ping is damaged"),
    "another's key": (replace_key, r"ping is damaged, .*: KEY_VALUES_MISMATCH"),
    "another authority": (replace_authority, r"ping is damaged, .* has not signed its certificate"),
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


@as_root
@pytest.mark.parametrize("what", ["file", "folder"])
def test_keys_of_somebody_else(remote: str, copy: Path, what: str) -> None:
    given = copy if what == "file" else copy.parent
    os.chown(given, NOBODY, NOBODY)
    with pytest.raises(ValueError, match=rf"{given} belongs to somebody else \(uid {NOBODY}\)"):
        play_remote(remote, connect="127.0.0.1:1", keys=copy)


@posix
def test_a_link_into_a_folder_of_others(remote: str, copy: Path, tmp_path: Path) -> None:
    """Whoever can change the folder of the link, or that of the file, can change the keys."""
    for inner, outer in (0o777, 0o700), (0o700, 0o777):
        folder = tmp_path / f"{inner:o}"
        folder.mkdir()
        shutil.copy(copy, folder / "ping")
        (tmp_path / f"{outer:o} link").mkdir()
        link = tmp_path / f"{outer:o} link" / "ping"
        link.symlink_to(folder / "ping")
        folder.chmod(inner)
        link.parent.chmod(outer)
        with pytest.raises(ValueError, match="others than its owner may change"):
            play_remote(remote, connect="127.0.0.1:1", keys=link)


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
    now, hour, authority = datetime.now(UTC), timedelta(hours=1), trustme.CA()
    dates = {"not_before": now + begins * hour, "not_after": now + ends * hour}
    issued = authority.issue_cert(
        "a.example",
        common_name="Ping",
        not_before=dates["not_before"],
        not_after=dates["not_after"],
    )
    copy.write_bytes(issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
    with pytest.raises(ConnectionFailed) as caught:
        play_remote(remote, connect="127.0.0.1:1", keys=copy)
    assert caught.value.reason == reason
    for moment in dates.values():
        assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
    assert f"this machine's clock says {now:%Y-%m-%d %H:%M}" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="a mount of Linux")
def test_a_folder_that_is_mounted_takes_them(tmp_path: Path) -> None:
    """As a volume is in a container: nothing can be put in its place."""
    script = 'mount -t tmpfs none keys && "$@" && ls -A keys'
    (tmp_path / "keys").mkdir()
    try:
        run("unshare", "--mount", "true")
    except (OSError, AssertionError):
        pytest.skip("needs the right to mount")
    make = (*COOKBOOK, "keys", "keys", "--quiet")
    done = run("unshare", "--mount", "sh", "-c", script, "sh", *make, cwd=tmp_path)
    assert done.stdout == "ping\npong\n"
