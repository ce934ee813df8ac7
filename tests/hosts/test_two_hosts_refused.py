"""Two players that do not meet: which way it failed, in one line, apart from all the others."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ipc_cookbook import ConnectionFailed, PingPongTimeout, play_remote
from ipc_cookbook.cli import main, statuses
from ipc_cookbook.hosts import reach
from ipc_cookbook.hosts.address import Address, parse, shown
from ipc_cookbook.hosts.remote import reaching_hosts
from samples import all_that
from two_players import failed_call, served

# Who may play


@pytest.mark.parametrize("option", ["--listen", "--connect"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "a.example"])
def test_nobody_plays_without_keys(
    remote: str, option: str, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one machine either: any of its users could take part."""
    assert main.run([remote, option, f"{host}:5555"]) == statuses.USAGE
    err = capsys.readouterr().err
    assert "--listen and --connect need --keys" in err
    assert "python -m ipc_cookbook keys DIR" in err


NO_ADDRESSES = (
    *("127.0.0.1", ":5555", "a:b", "a:99999", "::1:5555", "a b:1", ""),
    *("\x1b[31mred:5555", f"{'a' * 64}.example:1", "a..example:1"),
)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_no_address(remote: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([remote, "--keys", "keys/ping", "--connect", text]) == statuses.USAGE
    err = capsys.readouterr().err
    assert err.startswith("ipc_cookbook: connect must ")
    assert err.removesuffix("\n").isprintable()


def test_addresses() -> None:
    assert parse("listen", "a.example:5555") == Address("a.example", 5555)
    assert parse("listen", "[::1]:0") == Address("::1", 0)
    assert str(Address("::1", 5)) == "[::1]:5"
    scoped = parse("connect", "[fe80::1%eth0]:5")
    assert (scoped.name, str(scoped)) == ("fe80::1", "[fe80::1%eth0]:5")
    assert str(shown(("::ffff:192.0.2.1", 5, 0, 0))) == "192.0.2.1:5"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--keys", "keys/ping"], "--keys is for --listen and --connect"),
        (["--keys", "k", "--connect", "127.0.0.1:0"], "connect must end in a port from 1 to 65535"),
        (["--connect", "a:1", "--listen", "b:1"], "not allowed with argument"),
        (
            ["--keys", "k", "--connect", "127.0.0.1:1", "--trace", "x.svg"],
            "only one of them is here",
        ),
    ],
)
def test_wrong_usage(
    remote: str, given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([remote, *given]) == statuses.USAGE
    assert message in capsys.readouterr().err


NOT_FIT: dict[str, tuple[dict[str, Any], str]] = {
    "keys, a number": ({"keys": 5}, "keys must be the path of a file, as a string or a Path"),
    "keys, bytes": ({"keys": b"keys"}, "keys must be the path of a file"),
    "keys, zero byte": ({"keys": "a\0b"}, "keys must be the path of a file, not 'a"),
    "tell, a number": ({"tell": 5}, "tell must be called with a line of text, and 5 cannot"),
    "tell, for another process": (
        {"tell": lambda text: text, "start_method": "spawn"},
        "tell must be picklable under spawn, and <function",
    ),
}


@pytest.mark.parametrize("what", NOT_FIT)
def test_an_argument_that_is_not_fit(remote: str, keys: Path, what: str) -> None:
    given, message = NOT_FIT[what]
    with pytest.raises((TypeError, ValueError), match=message):
        play_remote(remote, **{"listen": "127.0.0.1:0", "keys": keys / "pong", **given})


@pytest.mark.parametrize("name", all_that(lambda recipe: recipe.name not in reaching_hosts()))
def test_a_recipe_for_one_machine(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([name, "--listen", "127.0.0.1:0", "--keys", "k"]) == statuses.USAGE
    assert capsys.readouterr().err == (
        f"ipc_cookbook: transport must be {' or '.join(reaching_hosts())} between hosts, "
        f"not {name}\n"
    )


# The other host cannot be found


def test_name_unknown(remote: str, keys: Path) -> None:
    error = failed_call(remote, "no-such-host.invalid:5555", keys / "ping")
    assert error.reason == "name unknown"
    assert str(error).startswith("no-such-host.invalid:5555: name unknown")


def test_refused_until_the_deadline(remote: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    with pytest.raises(PingPongTimeout) as caught:
        play_remote(remote, connect=f"127.0.0.1:{port}", keys=keys / "ping", timeout=0.7)
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
    assert reach.why(Address("a.example", 1), error) == reason


def test_the_port_is_taken(remote: str, keys: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(
            ConnectionFailed, match=rf"cannot listen on {address}: Address"
        ) as caught:
            play_remote(remote, listen=address, keys=keys / "pong")
        assert caught.value.reason == "cannot listen"


# The other host is not the right one


def answering(words: bytes) -> Callable[[socket.socket], None]:
    def answer(caller: socket.socket) -> None:
        caller.sendall(words)
        caller.recv(1000)

    return answer


def test_something_else_listens_there(remote: str, keys: Path) -> None:
    with served(answering(b"220 mail.example ESMTP\r\n")) as address:
        error = failed_call(remote, address, keys / "ping")
    assert error.reason == "no TLS"
    assert "does not speak TLS 1.3" in str(error)


def test_whoever_hangs_up_is_called_again_until_the_deadline(remote: str, keys: Path) -> None:
    with served(lambda caller: None) as address, pytest.raises(PingPongTimeout) as caught:
        play_remote(remote, connect=address, keys=keys / "ping", timeout=0.7)
    assert str(caught.value) == (
        f"not over after 0.7 s: waiting for {address}: it hung up before the game"
    )


def test_the_reason_is_in_the_json(
    remote: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    given = [remote, "--connect", "no-such-host.invalid:1", "--keys", str(keys / "ping")]
    assert main.run([*given, "--json"]) == statuses.FAILED
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "name unknown"
