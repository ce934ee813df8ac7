"""The game without a second process."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from driver import run

PROGRAM = Path(__file__).parents[2] / "docs" / "programs" / "same_process.py"
WAYS = ["threads, two queues", "interpreters, two queues", "interpreters, two pipes"]


def test_all_words_are_said_in_turn() -> None:
    """Between interpreters as well, where Python has them."""
    games = run(sys.executable, PROGRAM, "20").stdout.splitlines()
    ways = WAYS if sys.version_info >= (3, 14) else [WAYS[0], "interpreters"]
    assert [game.partition(":")[0] for game in games] == ways
    for game in games:
        assert re.search(r": (20 words, in turn, \d+\.\d{4} s|they need Python 3\.14)$", game), game
