"""Two downloads, one after the other: what the other programs are compared with.

    python examples/download_in_turn.py
    python examples/download_in_turn.py --seconds 1 2 --into .

The second file is not even asked for before the first one is complete, so the total is the
sum of the two.
"""

import os
import time

from command_line import run
from downloading import conclude, download, make_parser, offered_files, parse


def main() -> int:
    args = parse(make_parser(__doc__))
    with offered_files(args) as (files, folder):
        begin = time.perf_counter()
        who = f"Process {os.getpid()}"
        outcomes = [download(who, file, folder, args) for file in files]
        return conclude(outcomes, begin)


if __name__ == "__main__":
    run(main)
