"""Two programs play through a server that is there already: words, ends, and secrets."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commands import cookbook
from driver import Running
from ipc_cookbook import PingPongResult, play_remote
from ipc_cookbook.cli import main, statuses
from ipc_cookbook.hosts.remote import through_servers
from samples import all_that
from servers import Known, own_server
from two_players import player_of, read_words, result_of

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc"),
    pytest.mark.part,
]

PLAYERS = ("Ping", "Pong")
SAID = 3


@pytest.fixture
def server(served: str) -> Iterator[Known]:
    with own_server(served) as known:
        yield known


@contextmanager
def two(server: Known, *options: object, game: str = "one") -> Iterator[dict[str, Running]]:
    options = ("--game", game, *options)
    with server.player("Ping", *options) as ping, server.player("Pong", *options) as pong:
        yield {"Ping": ping, "Pong": pong}


def other_than(player: str) -> str:
    (other,) = set(PLAYERS) - {player}
    return other


def test_each_player_says_its_half(server: Known) -> None:
    with two(server, "--delay", "0") as programs:
        for player, program in programs.items():
            out, err = program.end(0)
            assert out == f"{player * 25}\n"
            waiting, verdict = err.splitlines()
            assert waiting.startswith(f"{server.recipe}: waiting for {other_than(player)} at ")
            assert verdict.startswith(
                f"{server.recipe}: 25 words of 50, strictly in turn; "
                f"with {other_than(player)} through "
            )
            assert "round trip" in verdict


@pytest.mark.parametrize(
    "tokens", [0, 7, *(pytest.param(n, marks=pytest.mark.sweep) for n in (1, 2))]
)
def test_any_number_of_words(server: Known, tokens: int) -> None:
    options = ("--delay", "0", "--tokens", tokens, "--payload-size", 70_000, "--json")
    with two(server, *options) as programs:
        results = {player: result_of(program) for player, program in programs.items()}
    counts = {"Ping": tokens - tokens // 2, "Pong": tokens // 2}
    for player, result in results.items():
        assert result["ok"]
        assert result["counts"] == {player: counts[player]}
        assert result["payload_intact"]
        assert result["peer"]["player"] == other_than(player)
        assert result["peer"]["key"] is None


def test_the_name_of_a_game_is_random_and_told(server: Known) -> None:
    with server.player("Pong", "--delay", "0") as pong:
        told = pong.err.until(r"the other side needs: --game (\w+)\n")
        with server.player("Ping", "--delay", "0", "--game", told[1]) as ping:
            assert ping.end(0)[0] == "Ping" * 25 + "\n"
        pong.end(0)


def test_two_games_do_not_touch_each_other(server: Known) -> None:
    with two(server, game="one") as first, two(server, game="other") as second:
        for programs in first, second:
            for player, program in programs.items():
                assert program.end(0)[0] == f"{player * 25}\n"


def test_the_sides_disagree(server: Known) -> None:
    with (
        server.player("Ping", "--game", "one", "--tokens", "7") as ping,
        server.player("Pong", "--game", "one") as pong,
    ):
        assert "the two sides disagree: tokens 7 here, 50 there" in ping.end(1)[1]
        assert "the two sides disagree: tokens 50 here, 7 there" in pong.end(1)[1]


def test_nobody_comes(server: Known) -> None:
    with server.player("Ping", "--game", "one", "--timeout", "1") as ping:
        err = ping.end(124)[1]
    assert "not over after 1 s: waiting for Pong at " in err.splitlines()[-1]


def interrupt(program: Running) -> None:
    program.interrupt()
    program.end(130)


def kill_player(program: Running) -> None:
    os.kill(player_of(program), signal.SIGKILL)
    program.end(1)


def kill_all(program: Running) -> None:
    program.is_tidy = False
    program.kill()
    program.end(-signal.SIGKILL, traceback=None)


@pytest.mark.parametrize("how", [interrupt, kill_player, kill_all])
@pytest.mark.parametrize("who", ["Ping", pytest.param("Pong", marks=pytest.mark.sweep)])
def test_one_side_ends(server: Known, who: str, how: Callable[[Running], None]) -> None:
    """The other one says so, although the server does not."""
    with two(server, "--delay", "0.1") as programs:
        read_words(programs[who], SAID)
        how(programs[who])
        other = other_than(who)
        words, err = programs[other].end(1)
    assert words.count(other) >= SAID - 1
    line = err.splitlines()[-1]
    assert re.search(
        "the other side ended the game"
        rf"|nothing was heard of {who} for 3 s"
        rf"|{who} cannot be reached through the server any more",
        line,
    )
    assert re.search(rf"{other} had said \d+ of its 25 words$", line)


def test_nobody_sleeps_through_the_end(server: Known) -> None:
    with two(server, "--delay", "3600", "--timeout", "none") as programs:
        for program in programs.values():
            read_words(program, 1)
        interrupt(programs["Ping"])
        programs["Pong"].end(1)


def test_the_server_dies(server: Known) -> None:
    with two(server, "--delay", "0.1") as programs:
        for program in programs.values():
            read_words(program, SAID)
        os.kill(server.pid, signal.SIGKILL)
        for player, program in programs.items():
            line, other = program.end(1)[1].splitlines()[-1], other_than(player)
            assert re.search(
                f"{other} cannot be reached through the server any more"
                f"|nothing was heard of {other} for 3 s",  # while a library waits for an answer
                line,
            )


def test_there_is_no_server(served: str) -> None:
    with own_server(served) as server:
        pass
    for json_or_not in [], ["--json"]:
        with server.player("Ping", "--game", "one", *json_or_not) as ping:
            assert server.url.rpartition("@")[2] in ping.end(1)[1].splitlines()[-1]


# Secrets


@pytest.mark.parametrize("json_or_not", [[], ["--json"]], ids=["text", "JSON"])
def test_a_wrong_password_is_not_shown(server: Known, json_or_not: list[str]) -> None:
    if not server.password:
        pytest.skip("this server wants none")
    wrong = server._replace(password="open sesame")
    with wrong.player("Ping", "--game", "one", *json_or_not) as ping:
        out, err = ping.end(1)
    assert err.count("\n") <= 3
    assert "open sesame" not in out + err
    assert f"ipc_cookbook: {server.url.partition('://')[0]}://" in err


def test_the_password_is_in_no_list_of_processes(server: Known, tmp_path: Path) -> None:
    """It may come from a file, and then it is in no environment, either."""
    secret = server.password or "whatever, for it wants none"
    file = server._replace(password=secret).with_password_in(tmp_path / "password")
    options = ("--game", "one", "--password-file", file, "--delay", "0.5")
    quiet = server._replace(password="")
    with quiet.player("Ping", *options) as ping:
        ping.err.until("waiting for Pong")
        for pid in [ping.pid, *ping.workers(), server.pid]:
            for place in "cmdline", "environ":
                assert secret.encode() not in Path(f"/proc/{pid}/{place}").read_bytes()
        with quiet.player("Pong", *options) as pong:
            read_words(ping, 1)
            interrupt(pong)
        ping.end(1)


def test_a_password_in_the_url_is_refused_and_not_shown(served: str) -> None:
    done = cookbook(
        served, "--server", "x://me:open-sesame@a.example", "--player", "Ping", status=2
    )
    assert "open-sesame" not in done.stderr
    assert "server must have no password in it" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.chmod(0o644), "others than its owner may read"),
        (lambda file: file.unlink(), "cannot be read: No such file"),
    ],
)
def test_a_password_file_that_is_not_fit(
    served: str, tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    file.chmod(0o600)
    change(file)
    place = ("--server", f"{schemes_of(served)[0]}://a.example", "--player", "Ping")
    done = cookbook(served, *place, "--password-file", str(file), status=2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


# What is no way to call it


def schemes_of(recipe: str) -> tuple[str, ...]:
    from ipc_cookbook.catalog import load

    module: Any = load(recipe)
    schemes: tuple[str, ...] = module.ServerEnd.schemes
    return schemes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--server", "{url}"], "--server needs --player Ping on one host"),
        (["--player", "Ping"], "--player is for --server"),
        (["--game", "one"], "--game is for --server"),
        (["--password-file", "p"], "--password-file is for --server"),
        (["--server", "{url}", "--player", "ping"], "player must be Ping or Pong, not 'ping'"),
        (["--server", "http://a", "--player", "Ping"], "server must be a URL that begins with "),
        (["--server", "a.example", "--player", "Ping"], "server must be a URL that begins with "),
        (["--server", "{url}:x", "--player", "Ping"], "server must be a URL that begins with "),
        (
            ["--server", "{url}", "--player", "Ping", "--game", "a.b"],
            "game must be 1 to 64 letters",
        ),
        (["--server", "{url}", "--player", "Ping", "--keys", "k"], "--keys is for --listen"),
        (["--server", "{url}", "--listen", "a:1"], "not allowed with argument"),
        (["--server", "{url}", "--player", "Ping", "--trace", "x.svg"], "only one of them is here"),
    ],
)
def test_wrong_usage(
    served: str, given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{schemes_of(served)[0]}://a.example"
    assert main.run([served, *(each.format(url=url) for each in given)]) == statuses.USAGE
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", all_that(lambda recipe: recipe.name not in through_servers()))
def test_a_recipe_without_a_server(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([name, "--server", "x://a", "--player", "Ping"]) == statuses.USAGE
    assert capsys.readouterr().err == (
        f"ipc_cookbook: transport must be {' or '.join(through_servers())} through a server, "
        f"not {name}\n"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "one of listen, connect and server must be given"),
        ({"server": "x://a", "listen": "a:1"}, "one of listen, connect and server must be given"),
        ({"server": 5, "player": "Ping"}, "server must be a URL, as a string, not a int"),
        ({"server": "{url}", "player": None}, "player must be Ping or Pong, not None"),
        ({"server": "{url}", "player": "Ping", "password": 5}, "password must be a string"),
        ({"server": "{url}", "player": "Ping", "game": 5}, "game must be 1 to 64 letters"),
        ({"server": "{url}", "player": "Ping", "keys": "k"}, "keys are for listen and connect"),
    ],
)
def test_arguments_that_are_not_fit(served: str, given: dict[str, Any], message: str) -> None:
    url = f"{schemes_of(served)[0]}://a.example"
    fitted: dict[str, Any] = {
        name: url if value == "{url}" else value for name, value in given.items()
    }
    with pytest.raises((TypeError, ValueError), match=message):
        play_remote(served, **fitted)


def test_what_belongs_to_a_server_is_for_a_server(remote: str) -> None:
    with pytest.raises(ValueError, match="player, game and password are for a server"):
        play_remote(remote, connect="a.example:1", keys="k", player="Ping")


def test_from_python(server: Known) -> None:
    results: dict[str, PingPongResult] = {}

    def play(player: str) -> None:
        results[player] = play_remote(
            server.recipe,
            server=server.url,
            player=player,
            game="one",
            password=server.password,
            payload=b"luggage",
        )

    pong = threading.Thread(target=play, args=["Pong"])
    pong.start()
    play("Ping")
    pong.join()
    for player, result in results.items():
        assert result.ok
        assert result.counts == {player: 25}
        assert result.peer is not None
        assert result.peer.player == other_than(player)
