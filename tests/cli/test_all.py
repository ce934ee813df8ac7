"""``all``: every recipe in turn, a line each."""

from __future__ import annotations

from commands import (
    DONE,
    HERE,
    MISSING,
    STATUS_OF_ALL,
    TIMED_OUT,
    assert_verdict,
    cookbook,
    printed_json,
    results_of,
    told_of,
)
from ipc_cookbook import catalog
from samples import why_not


def test_all() -> None:
    done = cookbook("all", "--tokens", "6", status=STATUS_OF_ALL)
    assert done.stderr == ""
    lines = done.stdout.splitlines(keepends=True)
    for line, name in zip(lines, catalog.MODULES, strict=True):
        if reason := why_not(name):
            assert line == f"{name}: {reason}\n"
        else:
            assert_verdict(line, name, told_of(name, 6))


def test_all_as_json() -> None:
    done = cookbook("all", "--tokens", "6", "--json", status=STATUS_OF_ALL)
    assert done.stderr == ""
    games = results_of(done)
    assert [game["transport"] for game in games] == list(catalog.MODULES)
    for game in games:
        if reason := why_not(game["transport"]):
            assert (game["status"], game["error"]["message"]) == (MISSING, reason)
        else:
            assert (game["status"], game["error"]) == (DONE, None)
            assert game["as_promised"]


def test_a_timeout_in_all_is_one_recipe_s_own() -> None:
    done = cookbook("all", "--tokens", "2", "--timeout", "0", "--json", status=TIMED_OUT)
    results = printed_json(done)["results"]
    assert [game["transport"] for game in results] == list(catalog.MODULES)
    assert {game["status"] for game in results if game["transport"] in HERE} == {TIMED_OUT}
