"""What becomes of fifty words, by processes and by threads."""

from __future__ import annotations

import re

from programs import command

from driver import run


def test_what_became_of_the_fifty_words() -> None:
    lines = run(*command("threads_share_memory.py")).stdout.splitlines()
    found = dict(re.split(": +", line, maxsplit=1) for line in lines)
    assert found["two processes"] == "50 + 50 words, and 0 in the program itself"
    assert re.fullmatch(r"5[01] words, \d+ times the same one again", found["two threads"])
    assert found["two threads, in a bad moment"].startswith("51 words")
    assert found["two threads and a lock"].startswith("50 words")
    assert found["two threads and a condition"] == "50 words, 0 times the same one again"
