"""Record how often pingpong_one_queue.py happens to alternate, and what its waiting costs.

    python examples/record_luck.py
    python examples/record_luck.py --runs 25 --output docs/_data/tutorial_luck.json

The program is run as it is, many times: with and without its pause, with its own waiting
loop and with join, under every start method. The figures are those of its own output.
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

from housekeeping import make_parser, run, show_progress

PROGRAM = Path(__file__).with_name("pingpong_one_queue.py")
WORDS = 50


def play_once(pause: str, wait: str, method: str) -> tuple[list[str], float, float]:
    """The words in the order they came, the seconds waited, and the CPU seconds used."""
    options = ["--pause", pause, "--wait", wait, "--start-method", method]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options], capture_output=True, text=True, check=False
    )
    words = re.findall("Ping|Pong", done.stdout)
    figures = re.search(r"Waited ([\d.]+) s and used ([\d.]+) s", done.stderr)
    if done.returncode or len(words) != WORDS or figures is None:
        sys.exit(f"a run failed with status {done.returncode}: {done.stderr.strip()}")
    return words, float(figures[1]), float(figures[2])


def play_often(pause: str, wait: str, method: str, runs: int) -> dict[str, object]:
    played = [play_once(pause, wait, method) for _ in range(runs)]
    repeats = [sum(a == b for a, b in pairwise(words)) for words, _, _ in played]
    return {
        "start_method": method,
        "pause_s": float(pause),
        "wait": wait,
        "runs": runs,
        "strictly_alternating_runs": repeats.count(0),
        "own_number_taken_back_percent": round(100 * sum(repeats) / (runs * (WORDS - 1)), 1),
        "waited_median_s": round(statistics.median(seconds for _, seconds, _ in played), 3),
        "waiting_cpu_median_s": round(statistics.median(cpu for _, _, cpu in played), 3),
    }


def main() -> int:
    methods = multiprocessing.get_all_start_methods()
    parser = make_parser(__doc__)
    parser.add_argument("--runs", type=int, default=25, metavar="N", help="of each kind (25)")
    parser.add_argument("--start-method", choices=methods, help="only this one")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs must be 1 or more")
    kinds = list(
        product(
            ("0.01", "0"), ("loop", "join"), [args.start_method] if args.start_method else methods
        )
    )
    results = []
    for number, kind in enumerate(kinds, 1):
        show_progress(f"kind {number} of {len(kinds)}")
        results.append(play_often(*kind, args.runs))
    record = {
        "program": PROGRAM.name,
        "words": WORDS,
        "recorded": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "cpus": os.cpu_count(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
        },
        "results": results,
    }
    show_progress("")
    text = json.dumps(record, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    run(main)
