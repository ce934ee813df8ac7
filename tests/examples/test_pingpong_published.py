"""The two ping-pong programs as they were first published, and the record of their luck."""

from __future__ import annotations

import json
import os
import re
import signal
from itertools import pairwise
from pathlib import Path

import pytest
from programs import Running, run

RECORD = Path(__file__).parents[2] / "docs" / "_data" / "tutorial_luck.json"


def words(text: str) -> list[str]:
    assert re.fullmatch(r"(Ping|Pong)+\n", text)
    return re.findall("Ping|Pong", text)


def test_a_global_variable_makes_a_hundred(start_method: str) -> None:
    done = run("pingpong_global.py", "--start-method", start_method, "--pause", 0.001)
    said = words(done.stdout)
    assert (said.count("Ping"), said.count("Pong")) == (50, 50)
    assert done.stderr == "In the process that started them, said is 0.\n"


def test_one_queue_makes_fifty(start_method: str) -> None:
    options = ["--start-method", start_method, "--pause", 0.001]
    assert len(words(run("pingpong_one_queue.py", *options).stdout)) == 50


def test_one_queue_leaves_the_order_to_luck() -> None:
    options = ["--pause", 0, "--wait", "join"]
    outputs = [run("pingpong_one_queue.py", *options).stdout for _ in range(4)]
    assert len(set(outputs)) > 1
    assert any(one == other for output in outputs for one, other in pairwise(words(output)))


def test_the_waiting_loop_burns_what_join_does_not() -> None:
    shares = {}
    for wait in ("loop", "join"):
        done = run("pingpong_one_queue.py", "--wait", wait)
        figures = re.fullmatch(r"Waited (\S+) s and used (\S+) s of CPU\.\n", done.stderr)
        assert figures
        shares[wait] = float(figures[2]) / float(figures[1])
    assert shares["loop"] > 4 * shares["join"]


@pytest.mark.parametrize(("wait", "victim"), [("loop", 0), ("join", 1)])
def test_a_killed_player_is_noticed(wait: str, victim: int) -> None:
    with Running("pingpong_one_queue.py", "--pause", 60, "--wait", wait) as running:
        os.kill(running.until_started(2)[victim], signal.SIGKILL)
        _, err = running.end(1)
    assert err == "a player died, and the number may have died with it\n"


def test_the_record_is_what_the_script_writes(tmp_path: Path) -> None:
    output = tmp_path / "luck.json"
    run("record_luck.py", "--runs", 1, "--start-method", "fork", "--output", output)
    fresh, kept = json.loads(output.read_text()), json.loads(RECORD.read_text())
    assert fresh.keys() == kept.keys()
    assert fresh["machine"].keys() == kept["machine"].keys()
    assert fresh["program"] == kept["program"] == "pingpong_one_queue.py"
    kinds = {(kind["pause_s"], kind["wait"]) for kind in fresh["results"]}
    assert kinds == {(0.01, "loop"), (0.01, "join"), (0.0, "loop"), (0.0, "join")}
    for record in (fresh, kept):
        for kind in record["results"]:
            assert kind.keys() == fresh["results"][0].keys()
            assert 0 <= kind["strictly_alternating_runs"] <= kind["runs"]
            assert 0 <= kind["own_number_taken_back_percent"] <= 100
    assert "/" not in RECORD.read_text()
    assert len(kept["results"]) == 12
