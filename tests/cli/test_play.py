"""A game on the command line: its words, its verdict, its result as JSON, and how it fails."""

from __future__ import annotations

import re
import sysconfig
from itertools import chain
from pathlib import Path

import pytest

from commands import (
    DEFAULT_METHOD,
    FAILED,
    TIMED_OUT,
    USAGE,
    assert_one_line,
    assert_verdict,
    cookbook,
    error_of,
    game_of,
    needs_fork,
    told_of,
    words_of,
)
from driver import CODE, run
from samples import IN_TURN, NO_COUNT, NO_ORDER, PLAIN, module_of
from streams import LIMIT_S


@pytest.mark.few
def test_a_recipe_says_its_words_in_turn(transport: str) -> None:
    if transport not in IN_TURN:
        pytest.skip("it promises less")
    done = cookbook(transport, "--tokens", "6")
    assert done.stdout == "PingPongPingPongPingPong\n"
    assert_verdict(done.stderr, transport, "6 words, strictly in turn")


def test_fifty_words_unless_told_otherwise() -> None:
    done = cookbook(PLAIN)
    assert done.stdout == "PingPong" * 25 + "\n"
    assert_verdict(done.stderr, PLAIN, "50 words, strictly in turn")


@pytest.mark.parametrize("name", NO_COUNT)
def test_it_says_plainly_that_nothing_crossed(name: str, start_method: str) -> None:
    done = cookbook(name, "--delay", "0", "--start-method", start_method)
    assert sorted(re.findall("Ping|Pong", done.stdout)) == ["Ping"] * 50 + ["Pong"] * 50
    assert len(done.stdout) == len("Ping") * 100 + len("\n")
    said = "100 words, not 50: each process counted its own copy"
    assert_verdict(done.stderr, name, said, start_method)


@pytest.mark.parametrize("name", NO_ORDER)
def test_it_keeps_the_count_and_leaves_the_order_to_luck(name: str) -> None:
    done = cookbook(name, "--delay", "0")
    assert len(re.findall("Ping|Pong", done.stdout)) == 50
    assert_verdict(done.stderr, name, told_of(name, 50))


@pytest.mark.few
def test_a_game_as_json(transport: str) -> None:
    done = cookbook(transport, "--json", "--delay", "0", "--quiet")
    assert done.stderr == ""
    game = game_of(done)
    assert (game["transport"], game["start_method"]) == (transport, DEFAULT_METHOD)
    words = words_of(transport, 50)
    assert (game["expected"], game["count"]) == (50, words)
    assert sum(game["counts"].values()) == words
    assert sorted(re.findall("Ping|Pong", game["transcript"])) == sorted(
        chain.from_iterable([player] * number for player, number in game["counts"].items())
    )
    if transport in IN_TURN:
        assert game["transcript"] == "PingPong" * 25
        assert game["alternates"]
        assert game["ok"]
    assert game["as_promised"]
    assert game["payload_intact"]
    assert game["pids"]["Ping"] != game["pids"]["Pong"]
    assert 0 < game["startup_s"] < game["elapsed_s"] < LIMIT_S
    assert all(0 <= seconds < game["elapsed_s"] for seconds in game["cpu_s"].values())


@pytest.mark.parametrize("name", NO_COUNT)
def test_what_fails_as_taught_is_not_ok_and_yet_as_promised(name: str) -> None:
    game = game_of(cookbook(name, "--json", "--delay", "0", "--payload-size", "1"))
    assert not game["ok"]
    assert game["as_promised"]
    assert game["counts"] == {"Ping": 50, "Pong": 50}
    assert not game["payload_intact"]


def test_start_methods(start_method: str) -> None:
    command = (PLAIN, "--tokens", "3", "--start-method", start_method)
    done = cookbook(*command)
    assert done.stdout == "PingPongPing\n"
    assert_verdict(done.stderr, PLAIN, "3 words, strictly in turn", start_method)
    assert game_of(cookbook(*command, "--json"))["start_method"] == start_method


@pytest.mark.parametrize("size", ["1", "64KiB", "1M"])
def test_a_payload_travels_along(size: str) -> None:
    game = game_of(cookbook(PLAIN, "--tokens", "4", "--payload-size", size, "--json"))
    assert game["ok"]
    assert game["payload_intact"]


@pytest.mark.parametrize(
    ("tokens", "words", "said"), [("0", "", "0 words"), ("1", "Ping", "1 word")]
)
def test_no_word_and_one_word_are_games_too(tokens: str, words: str, said: str) -> None:
    done = cookbook(PLAIN, "--tokens", tokens)
    assert done.stdout == f"{words}\n"
    assert_verdict(done.stderr, PLAIN, f"{said}, strictly in turn")
    game = game_of(cookbook(PLAIN, "--tokens", tokens, "--json"))
    assert game["transcript"] == words
    assert game["ok"]
    assert (game["startup_s"] is None) == (tokens == "0")


def test_quiet_leaves_the_words_alone() -> None:
    done = cookbook(PLAIN, "--tokens", "2", "--quiet")
    assert (done.stdout, done.stderr) == ("PingPong\n", "")


def test_the_delay_is_kept() -> None:
    game = game_of(cookbook(PLAIN, "--tokens", "5", "--delay", "0.1", "--json"))
    assert game["elapsed_s"] > 2 * 0.1  # Ping says three words, and sleeps between them


def test_nothing_is_left_open() -> None:
    """In development mode Python complains of whatever was not closed."""
    done = cookbook(PLAIN, "--tokens", "2", env={"PYTHONDEVMODE": "1"})
    assert_verdict(done.stderr, PLAIN, "2 words, strictly in turn")


def test_the_console_script() -> None:
    script = Path(sysconfig.get_path("scripts"), "ipc-cookbook")
    done = run(script, PLAIN, "--tokens", "2")
    assert done.stdout == "PingPong\n"
    assert_verdict(done.stderr, PLAIN, "2 words, strictly in turn")
    run(script, PLAIN, "--tokens", "x", status=USAGE)


# Games that fail


def test_a_timeout() -> None:
    done = cookbook(PLAIN, "--delay", "60", "--timeout", "1.5", status=TIMED_OUT)
    assert done.stdout == "PingPong\n"
    assert_one_line(done.stderr, "not over after 1.5 s", "Ping had said 1", "Pong had said 1")


def test_a_timeout_as_json() -> None:
    done = cookbook(PLAIN, "--delay", "60", "--timeout", "0.3", "--json", status=TIMED_OUT)
    assert error_of(done)["type"] == "PingPongTimeout"


def test_no_timeout() -> None:
    assert cookbook(PLAIN, "--tokens", "2", "--timeout", "none").stdout == "PingPong\n"


PLAYERS_THAT_FAIL = f"""
import os, sys
from contextlib import contextmanager
import {module_of(PLAIN)} as recipe
from ipc_cookbook.cli.main import run
class End:
    def send(self, message):
        pass
    def recv(self):
        {{fault}}
@contextmanager
def open_pair(context, max_payload):
    yield End(), End()
recipe.open_pair = open_pair
sys.exit(run())
"""


@needs_fork
@pytest.mark.parametrize(
    ("fault", "told", "exitcode"),
    [
        ("os._exit(7)", "exited with status 7", 7),
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL", -9),
        ("raise RuntimeError('out\\nof order')", "raised RuntimeError: out of order", 1),
    ],
)
def test_a_player_that_dies(fault: str, told: str, exitcode: int) -> None:
    program = PLAYERS_THAT_FAIL.format(fault=fault)
    command = (*CODE, program, PLAIN, "--start-method", "fork", "--delay", "0")
    done = run(*command, status=FAILED)
    assert done.stdout in ("Ping\n", "\n")
    assert_one_line(done.stderr, told)
    error = error_of(run(*command, "--json", status=FAILED))
    assert (error["type"], error["exitcode"]) == ("PlayerDied", exitcode)
    assert error["player"] in ("Ping", "Pong")
    assert f"{error['player']} (pid {error['pid']})" in error["message"]
