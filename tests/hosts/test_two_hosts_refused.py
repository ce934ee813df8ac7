"""Two sides that do not meet: which way it failed, in one line, apart from all the others."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ipc_cookbook import ConnectionFailed, PingPongTimeout, cli, play_remote
from ipc_cookbook.hosts import over_tls, reach
from ipc_cookbook.hosts.address import Address, parse
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.keys import Keys
from ipc_cookbook.hosts.sides import Orders
from two_sides import program

pytest.importorskip("cryptography", reason="keys are made with it")

from ipc_cookbook.hosts import new_keys
from ipc_cookbook.hosts.new_keys import Authority

HOUR = timedelta(hours=1)


def call(recipe: str, address: str, keys: Path | None, **more: Any) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught:
        play_remote(recipe, connect=address, keys=keys, **more)
    assert "\n" not in str(caught.value)
    return caught.value


@contextmanager
def listening(recipe: str, keys: Path | None, host: str = "127.0.0.1") -> Iterator[int]:
    options = ["--keys", str(keys)] if keys else []
    with program(recipe, "--listen", f"{host}:0", *options) as pong:
        yield int(pong.hear(r"listening on .*:(\d+)$")[1])


# Who may play


@pytest.mark.parametrize("option", ["--listen", "--connect"])
@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "[::]", "[2001:db8::1]"])
def test_without_keys_only_loopback(
    recipe: str, option: str, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([recipe, option, f"{host}:5555"]) == cli.USAGE
    err = capsys.readouterr().err
    assert "is not a loopback address" in err
    assert "python -m ipc_cookbook keys DIR" in err


@pytest.mark.parametrize("text", ["127.0.0.1", ":5555", "a:b", "a:99999", "::1:5555", "a b:1", ""])
def test_no_address(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["socket", "--connect", text]) == cli.USAGE
    assert capsys.readouterr().err.startswith("ipc_cookbook: connect must ")


def test_addresses() -> None:
    assert parse("listen", "a.example:5555") == Address("a.example", 5555)
    assert parse("listen", "[::1]:0") == Address("::1", 0)
    assert str(Address("::1", 5)) == "[::1]:5"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["queue", "--listen", "127.0.0.1:0"], "queue reaches processes of one machine only"),
        (["socket", "--keys", "keys/ping"], "--keys is for --listen and --connect"),
        (["socket", "--connect", "127.0.0.1:0"], "connect must end in a port from 1 to 65535"),
        (["socket", "--connect", "a:1", "--listen", "b:1"], "not allowed with argument"),
        (["socket", "--connect", "127.0.0.1:1", "--trace", "x.svg"], "only one of them is here"),
    ],
)
def test_wrong_usage(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(given) == cli.USAGE
    assert message in capsys.readouterr().err


# The other host cannot be found


def test_name_unknown(recipe: str, keys: Path) -> None:
    error = call(recipe, "no-such-host.invalid:5555", keys / "ping")
    assert error.reason == "name unknown"
    assert str(error).startswith("no-such-host.invalid:5555: name unknown")


def test_refused_until_the_deadline(recipe: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    with pytest.raises(PingPongTimeout) as caught:
        play_remote(recipe, connect=f"127.0.0.1:{port}", keys=keys / "ping", timeout=0.7)
    assert str(caught.value) == (
        f"not over after 0.7 s: waiting for 127.0.0.1:{port}: refused, nobody listens there"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EHOSTUNREACH, ""), "no route to that host"),
        (OSError(errno.ENETUNREACH, ""), "no route to that network"),
        (TimeoutError("timed out"), "no answer"),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
    ],
)
def test_ways_not_to_reach_a_host(error: OSError, reason: str) -> None:
    assert reach.why_unreachable(Address("a.example", 1), error) == reason


def test_the_port_is_taken(recipe: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(
            ConnectionFailed, match=rf"cannot listen on {address}: Address"
        ) as caught:
            play_remote(recipe, listen=address, keys=keys / "pong")
        assert caught.value.reason == "cannot listen"


# The other host is not the right one


def test_keys_that_were_not_made_together(recipe: str, keys: Path, foreign_keys: Path) -> None:
    with listening(recipe, keys / "pong") as port:
        error = call(recipe, f"127.0.0.1:{port}", foreign_keys / "ping")
    assert error.reason == {"socket": "not trusted", "zeromq": "wrong key"}[recipe]
    assert "were not made together" in str(error)


def issued(folder: Path, side: str, authority: Authority, **more: Any) -> Path:
    """A side's keys, whose certificate is this authority's."""
    keys = Keys(folder, side)
    hosts = [new_keys.host_name(host) for host in new_keys.ALWAYS_NAMED]
    certificate, private = authority.issue(side, hosts, **more)
    for path in (keys.authority, keys.certificate, keys.private):
        path.unlink(missing_ok=True)
    new_keys.write_tls(keys, authority.certificate, certificate, private)
    return folder


@pytest.mark.parametrize(
    ("begins", "ends", "reason"), [(-2, -1, "expired"), (1, 2, "not yet valid")]
)
def test_its_certificate_is_out_of_date(
    tmp_path: Path, begins: int, ends: int, reason: str
) -> None:
    """It would not even start; so one is set up that does not look at its own certificate."""
    new_keys.make(str(tmp_path / "keys"))
    now = datetime.now(UTC)
    authority = Authority(now + HOUR)
    ping = issued(tmp_path / "keys" / "ping", "ping", authority)
    when = {"begins": now + begins * HOUR, "ends": now + ends * HOUR}
    pong = Keys(issued(tmp_path / "keys" / "pong", "pong", authority, **when), "pong")
    tls = over_tls.context_for(pong, ssl.Purpose.CLIENT_AUTH)
    with serving(tls) as port:
        error = call("socket", f"127.0.0.1:{port}", ping)
    assert error.reason == reason
    for moment in when.values():
        assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" in str(error)
    assert f"this machine's clock says {now:%Y-%m-%d %H:%M}" in str(error)


@contextmanager
def serving(tls: ssl.SSLContext) -> Iterator[int]:
    """A bare TLS server that shakes hands, or tries to, with whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with (
                        suppress(OSError),
                        caller,
                        tls.wrap_socket(caller, server_side=True) as own,
                    ):
                        own.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("ends", "reason", "text"),
    [
        (-1, "expired", "it says that our certificate has expired, by its clock"),
        (None, "not trusted", "it does not accept our certificate"),
    ],
)
def test_it_does_not_let_us_in(
    keys: Path, foreign_keys: Path, tmp_path: Path, ends: int | None, reason: str, text: str
) -> None:
    """As it looks to a side whose own clock sees nothing wrong, or whose authority is right."""
    if ends is None:
        listener, authority = keys / "pong", None
        theirs = Keys(foreign_keys / "ping", "ping")
        (tmp_path / "ping").mkdir()
        own = Keys(tmp_path / "ping", "ping")
        own.authority.write_bytes((keys / "ping" / "tls-authority.pem").read_bytes())
        own.certificate.write_bytes(theirs.certificate.read_bytes())
        own.private.write_bytes(theirs.private.read_bytes())
    else:
        now = datetime.now(UTC)
        new_keys.make(str(tmp_path / "keys"))
        authority = Authority(now + HOUR)
        listener = issued(tmp_path / "keys" / "pong", "pong", authority)
        folder = issued(tmp_path / "keys" / "ping", "ping", authority, ends=now - 0.5 * HOUR)
        own = Keys(folder, "ping")
    told: list[str] = []
    with listening("socket", listener) as port:
        orders = Orders(
            Address("127.0.0.1", port), own, Hello("Ping", "socket", 50, 0), told.append
        )
        with pytest.raises(ConnectionFailed) as caught:
            over_tls.call(orders, over_tls.context_for(own, ssl.Purpose.SERVER_AUTH))
    assert caught.value.reason == reason
    assert text in str(caught.value)


def test_wrong_name(keys: Path) -> None:
    with listening("socket", keys / "pong", "0.0.0.0") as port:
        error = call("socket", f"127.0.0.2:{port}", keys / "ping")
    assert error.reason == "wrong name"
    assert "127.0.0.2" in str(error)


def test_one_side_has_keys_and_the_other_one_has_none(recipe: str, keys: Path) -> None:
    for there, here in (keys / "pong", None), (None, keys / "ping"):
        with listening(recipe, there) as port:
            error = call(recipe, f"127.0.0.1:{port}", here)
        assert error.reason in ("hung up", "no game", "no TLS", "wrong key")
        assert "keys" in str(error) or "key" in str(error)


def test_something_else_listens_there(recipe: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with caller:
                        caller.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        error = call(recipe, f"127.0.0.1:{listener.getsockname()[1]}", keys / "ping")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert error.reason in ("hung up", "no TLS", "wrong key")


def test_the_reason_is_in_the_json(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    given = ["socket", "--connect", "no-such-host.invalid:1", "--keys", str(keys / "ping")]
    assert cli.run([*given, "--json"]) == cli.FAILED
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "name unknown"
