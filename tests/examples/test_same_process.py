"""The game without a second process."""

from __future__ import annotations

import re
import sys

import pytest
from programs import command

from driver import run


def test_all_words_are_said_in_turn() -> None:
    games = run(*command("same_process.py", "20")).stdout.splitlines()
    assert len(games) >= 2
    for game in games:
        assert re.search(r": (20 words, in turn, \d+\.\d{4} s|they need Python 3\.14)$", game), game


@pytest.mark.skipif(sys.version_info < (3, 14), reason="interpreters are there since Python 3.14")
def test_the_recorded_ways_are_those_of_this_python() -> None:
    said = run(*command("same_process.py", "20")).stdout
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "threads, two queues",
        "interpreters, two queues",
        "interpreters, two pipes",
    ]
