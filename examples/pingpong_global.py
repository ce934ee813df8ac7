"""Fifty words from two processes that count in a global variable: it does not work.

    python pingpong_global.py
    python pingpong_global.py --start-method spawn --pause 0

Each process counts in a variable of its own, so each says fifty words. The variable of
the process that started them never changes at all.
"""

import multiprocessing
import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Process
from threading import Thread
from time import sleep
from typing import Any

LIMIT = 50
said = 0


def speak(word: str, pause_s: float) -> None:
    global said
    leave_it_to_the_parent()
    while said < LIMIT:
        print(word, end="", flush=True)
        said += 1
        sleep(pause_s)


def leave_it_to_the_parent() -> None:
    """To hear Ctrl-C, and to end us; unless it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = multiprocessing.parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()


def main() -> int:
    methods = multiprocessing.get_all_start_methods()
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("--pause", type=float, default=0.01, metavar="S", help="seconds (0.01)")
    add("--start-method", choices=methods)
    args = parser.parse_args()
    multiprocessing.set_start_method(args.start_method)
    words = "Ping", "Pong"
    players = [Process(target=speak, args=(word, args.pause)) for word in words]
    for player in players:
        player.daemon = True
        player.start()
    for player in players:
        player.join()
    print()
    print(f"In the process that started them, said is {said}.", file=sys.stderr)
    return 1 if any(player.exitcode for player in players) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
