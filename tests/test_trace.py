"""One game as a picture, and as events: for both, nothing has to be installed."""

from __future__ import annotations

import json
import re
from array import array
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ipc_cookbook import PingPongResult
from ipc_cookbook.cli.main import run
from ipc_cookbook.game.turns import Account
from ipc_cookbook.render import trace
from ipc_cookbook.render.svg import WIDTH, width_of
from samples import PLAIN, all_that
from svg_texts import texts_of

SVG = "{http://www.w3.org/2000/svg}"


def made_up_result(transport: str) -> PingPongResult:
    """Of three words: Ping took back its own token once."""
    return PingPongResult(
        transport=transport,
        start_method="none",
        expected=3,
        elapsed_s=1.0,
        accounts=[
            Account("Ping", 1, 0.0, True, array("Q", [0, 1]), array("Q", [10, 20])),
            Account("Pong", 2, 0.0, True, array("Q", [2]), array("Q", [30])),
        ],
        caller_pid=3,
        called_at_ns=0,
    )


def test_trace_as_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "game.svg"
    assert run([PLAIN, "--tokens", "60", "--delay", "0", "--quiet", "--trace", str(path)]) == 0
    texts = texts_of(path.read_bytes())
    assert {"Ping", "Pong", *map(str, range(50))} <= set(texts)
    assert "50" not in texts
    assert any(text.endswith("the first 50 of 60 words") for text in texts)


def test_picture_is_complete_in_one_file(tmp_path: Path) -> None:
    """It has paper and colours of its own, by day and by night, and plain ones for any program."""
    path = tmp_path / "game.svg"
    assert run([PLAIN, "--tokens", "3", "--delay", "0", "--quiet", "--trace", str(path)]) == 0
    picture = ElementTree.fromstring(path.read_bytes())
    style, paper = picture.find(f"{SVG}style"), picture.find(f"{SVG}rect")
    assert style is not None
    assert style.text
    assert paper is not None
    assert (paper.get("width"), paper.get("height")) == ("100%", "100%")
    declared = re.findall(r"([\w-]+): ([^;]+);", style.text)
    for (before, plain), (name, value) in pairwise(declared):
        if "light-dark(" in value:
            assert (before, bool(re.fullmatch("#[0-9a-f]+", plain))) == (name, True), value


def test_title_of_a_picture_is_no_wider_than_the_picture() -> None:
    result = made_up_result("a mechanism whose name is longer than those of all others")
    titles = re.findall(r'class="remark">(.*?)<', trace.as_svg(result).decode())
    assert " ".join(titles) == f"{result.transport} (none): 3 words"
    assert all(width_of(title) <= WIDTH for title in titles)


def test_trace_as_events(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    assert run([PLAIN, "--tokens", "9", "--delay", "0", "--quiet", "--trace", str(path)]) == 0
    events = json.loads(path.read_bytes())["traceEvents"]
    lanes = {event["args"]["name"]: event["pid"] for event in events if event["ph"] == "M"}
    assert lanes.keys() == {"Ping", "Pong"}
    words = [event for event in events if event["ph"] == "X"]
    assert [word["name"] for word in words] == ["Ping", "Pong"] * 4 + ["Ping"]
    assert [word["args"]["token"] for word in words] == list(range(9))
    assert all(word["pid"] == word["tid"] == lanes[word["name"]] for word in words)
    for word, following in pairwise(words):
        assert word["ts"] + word["dur"] == pytest.approx(following["ts"])
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    assert starts.keys() == ends.keys() == set(range(1, 9))
    assert all(starts[number]["pid"] != ends[number]["pid"] for number in starts)


@pytest.mark.parametrize("tokens", [0, 1])
def test_trace_of_hardly_a_game(tmp_path: Path, tokens: int) -> None:
    options = ["--tokens", str(tokens), "--delay", "0", "--quiet"]
    files = ["--trace", str(tmp_path / "a.json"), "--trace", str(tmp_path / "a.svg")]
    assert run([PLAIN, *options, *files]) == 0
    events = json.loads((tmp_path / "a.json").read_bytes())["traceEvents"]
    assert [event["ph"] for event in events] == ["M", "M"] + ["X"] * tokens
    assert {"Ping", "Pong"} <= set(texts_of((tmp_path / "a.svg").read_bytes()))


@pytest.mark.parametrize("name", all_that(lambda recipe: recipe.reach == "nothing"))
def test_trace_of_a_failure_has_no_arrows(name: str, tmp_path: Path) -> None:
    """Where nothing crosses, each process counts alone, and no word answers another.

    With a pause after each word, a player's token often follows the other's by chance.
    """
    path = tmp_path / "game.json"
    options = ["--tokens", "5", "--delay", "0.02", "--quiet", "--trace", str(path)]
    assert run([name, *options]) == 0
    events = json.loads(path.read_bytes())["traceEvents"]
    assert [event["ph"] for event in events] == ["M"] * 2 + ["X"] * 10


@pytest.mark.parametrize("name", all_that(lambda recipe: recipe.reach == "nothing"))
def test_picture_of_a_failure_has_none_either(name: str, tmp_path: Path) -> None:
    """Not even where it shows the words of one player alone, each with the next token."""
    path = tmp_path / "game.svg"
    assert run([name, "--tokens", "2000", "--delay", "0", "--quiet", "--trace", str(path)]) == 0
    assert b'class="word' in path.read_bytes()
    assert b'class="arrow' not in path.read_bytes()


def test_a_token_taken_back_is_no_arrow_between_players() -> None:
    """In the picture it is a curve."""
    result = made_up_result("made up")
    events = json.loads(trace.as_events(result))["traceEvents"]
    assert [event["id"] for event in events if event["ph"] == "s"] == [2]
    assert trace.as_svg(result).count(b'class="arrow back"') == 1
