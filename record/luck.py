"""How often the tutorial's program happens to alternate, and what its waiting costs."""

from __future__ import annotations

import json
import multiprocessing
import re
import statistics
import subprocess
import sys
import time
from itertools import pairwise, product
from pathlib import Path

from ipc_cookbook.bench.machine import describe_machine, describe_python
from record import DATA, ROOT

PROGRAM = ROOT / "examples" / "pingpong_one_queue.py"
WORDS = 50
RUNS = 25
"""Of each kind; it takes some minutes."""

Run = tuple[list[str], float, float]  # words in their order, seconds waited, CPU seconds used


def play_once(pause: str, wait: str, method: str) -> Run:
    options = ["--pause", pause, "--wait", wait, "--start-method", method]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options], capture_output=True, text=True, check=True
    )
    words = re.findall("Ping|Pong", done.stdout)
    figures = re.search(r"Waited ([\d.]+) s and used ([\d.]+) s", done.stderr)
    if len(words) != WORDS or figures is None:
        raise ValueError(f"a run said {len(words)} words: {done.stderr.strip()}")
    return words, float(figures[1]), float(figures[2])


def summary(kind: tuple[str, str, str], runs: list[Run]) -> dict[str, object]:
    pause, wait, method = kind
    repeats = [sum(one == other for one, other in pairwise(words)) for words, _, _ in runs]
    return {
        "start_method": method,
        "pause_s": float(pause),
        "wait": wait,
        "runs": len(runs),
        "strictly_alternating_runs": repeats.count(0),
        "own_number_taken_back_percent": round(100 * sum(repeats) / len(runs) / (WORDS - 1), 1),
        "waited_median_s": round(statistics.median(seconds for _, seconds, _ in runs), 3),
        "waiting_cpu_median_s": round(statistics.median(cpu for _, _, cpu in runs), 3),
    }


def record(path: Path = DATA / "tutorial_luck.json", runs: int = RUNS) -> None:
    """With and without its pause, with its own waiting loop and with join, by every method."""
    methods = multiprocessing.get_all_start_methods()
    played: dict[tuple[str, str, str], list[Run]] = {
        kind: [] for kind in product(("0.01", "0"), ("loop", "join"), methods)
    }
    document = {
        "program": PROGRAM.name,
        "words": WORDS,
        "recorded": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": describe_machine(),
        "python": describe_python(),
    }
    for _ in range(runs):  # in turn, so that a busy moment spoils no kind alone
        for kind, played_so_far in played.items():
            played_so_far.append(play_once(*kind))
    results = [summary(kind, these) for kind, these in played.items()]
    path.write_text(json.dumps({**document, "results": results}, indent=2) + "\n")
