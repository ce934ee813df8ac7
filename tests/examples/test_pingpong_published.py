"""The two ping-pong programs as they were first published."""

from __future__ import annotations

import os
import re
import signal
from itertools import pairwise

import pytest
from programs import command

from driver import Running, run


def words(text: str) -> list[str]:
    assert re.fullmatch(r"(Ping|Pong)+\n", text)
    return re.findall("Ping|Pong", text)


def test_a_global_variable_makes_a_hundred(start_method: str) -> None:
    options = ["--start-method", start_method, "--pause", 0.001]
    done = run(*command("pingpong_global.py", *options))
    said = words(done.stdout)
    assert (said.count("Ping"), said.count("Pong")) == (50, 50)
    assert done.stderr == "In the process that started them, said is 0.\n"


def test_one_queue_makes_fifty(start_method: str) -> None:
    options = ["--start-method", start_method, "--pause", 0.001]
    assert len(words(run(*command("pingpong_one_queue.py", *options)).stdout)) == 50


def test_one_queue_leaves_the_order_to_luck() -> None:
    playing = command("pingpong_one_queue.py", "--pause", 0, "--wait", "join")
    outputs = [run(*playing).stdout for _ in range(4)]
    assert len(set(outputs)) > 1
    assert any(one == other for output in outputs for one, other in pairwise(words(output)))


def test_the_waiting_loop_burns_what_join_does_not() -> None:
    shares = {}
    for wait in ("loop", "join"):
        done = run(*command("pingpong_one_queue.py", "--wait", wait))
        figures = re.fullmatch(r"Waited (\S+) s and used (\S+) s of CPU\.\n", done.stderr)
        assert figures
        shares[wait] = float(figures[2]) / float(figures[1])
    assert shares["loop"] > 4 * shares["join"]


@pytest.mark.parametrize(("wait", "victim"), [("loop", 0), ("join", 1)])
def test_a_killed_player_is_noticed(wait: str, victim: int) -> None:
    playing = command("pingpong_one_queue.py", "--pause", 60, "--wait", wait)
    with Running(*playing) as running:
        os.kill(running.until_started(2)[victim], signal.SIGKILL)
        _, err = running.end(1)
    assert err == "a player died, and the number may have died with it\n"
