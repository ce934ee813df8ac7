"""Record how often pingpong_one_queue.py happens to alternate, and what its waiting costs.

    python examples/record_luck.py
    python examples/record_luck.py --output docs/_data/tutorial_luck.json

The program is run as it is, many times: with and without its pause, with its own waiting
loop and with join, under every start method. The figures are those of its own output.
It takes some minutes; leave the machine alone meanwhile.
"""

import json
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from itertools import pairwise, product
from pathlib import Path

from command_line import between, make_parser, new_file, progress, run

PROGRAM = Path(__file__).with_name("pingpong_one_queue.py")
WORDS = 50
Run = tuple[list[str], float, float]  # words in their order, seconds waited, CPU seconds used


def play_once(pause: str, wait: str, method: str) -> Run:
    options = ["--pause", pause, "--wait", wait, "--start-method", method]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options], capture_output=True, text=True, check=False
    )
    words = re.findall("Ping|Pong", done.stdout)
    figures = re.search(r"Waited ([\d.]+) s and used ([\d.]+) s", done.stderr)
    if done.returncode or len(words) != WORDS or figures is None:
        sys.exit(f"a run failed with status {done.returncode}: {done.stderr.strip()}")
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


def machine() -> dict[str, object]:
    try:
        cpu = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        cpu = None
    return {
        "cpu": cpu[1] if cpu else platform.processor(),
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def main() -> int:
    methods = multiprocessing.get_all_start_methods()
    parser = make_parser(__doc__)
    add = parser.add_argument
    add("--runs", type=between(1, 10_000), default=25, metavar="N", help="of each kind (25)")
    add("--start-method", choices=methods, help="only this one")
    add("--output", type=new_file, metavar="FILE", help="default: standard output")
    args = parser.parse_args()
    chosen = [args.start_method] if args.start_method else methods
    played: dict[tuple[str, str, str], list[Run]] = {
        kind: [] for kind in product(("0.01", "0"), ("loop", "join"), chosen)
    }
    record: dict[str, object] = {
        "program": PROGRAM.name,
        "words": WORDS,
        "recorded": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
    }
    with progress(args.runs * len(played), "runs") as show:
        for number in range(args.runs):  # in turn, so that a busy moment spoils no kind alone
            for place, (kind, runs) in enumerate(played.items(), 1):
                runs.append(play_once(*kind))
                show(number * len(played) + place)
    record["results"] = [summary(kind, runs) for kind, runs in played.items()]
    text = json.dumps(record, indent=2) + "\n"
    if args.output is None:
        print(text, end="")
    else:
        args.output.write_text(text)
    return 0


if __name__ == "__main__":
    run(main)
