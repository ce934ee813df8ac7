"""Publish and subscribe: who is late or slow misses something and knows it, the others do not."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import termios
from pathlib import Path
from typing import NamedTuple

from programs import EXAMPLES, command, strike

from driver import Running, run, until

PROGRAM = "publish_subscribe.py"
LICENSE = EXAMPLES.parent / "LICENSE"
LINE = f"one two two {'.' * 1000}\n"


class Said(NamedTuple):
    word: str
    found: int
    seen: int
    lost: int


def said(line: str) -> Said:
    match = re.fullmatch(r"(\w+): (\d+) in (\d+) lines, (\d+) lines lost", line)
    assert match, line
    return Said(match[1], *map(int, match.groups()[1:]))


def publishing(*options: object) -> Running:
    """What it is told is published, one line after the other."""
    return Running(*command(PROGRAM, "/dev/stdin", "one", "two", *options))


def until_taken(running: Running) -> None:
    """Until it has read what it was told; it does that once all are there."""
    assert running.popen.stdin
    pipe = running.popen.stdin.fileno()
    until(lambda: fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4))


def test_all_get_all_since_nothing_is_said_before_all_are_there() -> None:
    done = run(*command(PROGRAM, LICENSE, "software", "notice", "software"))
    assert sorted(done.stdout.splitlines()) == [
        "notice: 2 in 21 lines, 0 lines lost",
        "software: 9 in 21 lines, 0 lines lost",
    ]
    assert done.stderr == ""


def test_who_comes_too_late_misses_the_beginning_and_knows_it() -> None:
    done = run(*command(PROGRAM, LICENSE, "software", "notice", "--at-once"), status=1)
    told = [said(line) for line in done.stdout.splitlines()]
    assert {each.word for each in told} == {"software", "notice"}
    assert all(each.seen + each.lost == 21 for each in told)
    assert any(each.lost for each in told)


def with_one_stopped(running: Running) -> tuple[Said, Said]:
    """What both say of many lines, of which one has taken none while they were published."""
    running.say(LINE)
    until_taken(running)
    stopped, _ = running.until_started(2)
    strike(stopped, signal.SIGSTOP)
    running.say(LINE * 5000)
    running.close_input()
    quick = said(running.line())
    os.kill(stopped, signal.SIGCONT)
    return quick, said(running.line())


def test_a_stopped_subscriber_loses_lines_and_knows_it_and_holds_nobody_up() -> None:
    with publishing("--room", 10) as running:
        quick, slow = with_one_stopped(running)
        _, err = running.end(1)
    assert {quick.word, slow.word} == {"one", "two"}
    assert quick.seen + quick.lost == slow.seen + slow.lost == 5001
    assert slow.lost > 0
    assert f"{slow.word} ended with status 1\n" in err


def test_with_room_for_all_nothing_is_lost() -> None:
    with publishing("--room", 0) as running:
        quick, slow = with_one_stopped(running)
        assert running.end(0) == ("", "")
    assert {quick, slow} == {Said("one", 5001, 5001, 0), Said("two", 10002, 5001, 0)}


def test_a_killed_subscriber_is_named_in_the_end_and_the_other_gets_all() -> None:
    with publishing() as running:
        running.say(LINE)
        until_taken(running)
        strike(running.until_started(2)[0], signal.SIGKILL)
        running.say(LINE * 100)
        out, err = running.end(1)
    (other,) = map(said, out.splitlines())
    assert (other.seen, other.lost) == (101, 0)
    assert re.fullmatch(r"(one|two) ended with status -9\n", err)
    assert other.word not in err


def test_who_dies_before_it_is_there_is_not_waited_for() -> None:
    """That of no word, but a byte that is no UTF-8: nobody can subscribe to that."""
    done = run(*command(PROGRAM, LICENSE, "software", "\udcff"), status=1, traceback=True)
    assert "UnicodeEncodeError" in done.stderr
    assert "\\udcff ended with status 1\n" in done.stderr
    assert said(done.stdout.strip()).word == "software"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    done = run(*command(PROGRAM, tmp_path, "one"), status=1)
    assert (done.stdout, done.stderr) == ("", f"[Errno 21] Is a directory: '{tmp_path}'\n")
