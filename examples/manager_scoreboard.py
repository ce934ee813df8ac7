"""A scoreboard that several processes write to and that other terminals can look at.

    (umask 077; python -c "import secrets; print(secrets.token_hex())" > scoreboard.key)
    python manager_scoreboard.py scoreboard.key
    python manager_scoreboard.py scoreboard.key --at 127.0.0.1:PORT

The second form shows the board of the first. Messages are pickles: the key keeps
strangers out.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from collections import Counter
from multiprocessing import Process, current_process, parent_process
from multiprocessing.managers import BaseManager
from threading import Lock, Thread
from typing import Any


class Board:
    """In the manager's process, which has a thread for each client: hence the lock."""

    points, lock = Counter[str](), Lock()

    def add(self, name: str, points: int) -> None:
        with self.lock:
            self.points[name] += points

    def standings(self) -> list[tuple[str, int]]:
        with self.lock:
            return self.points.most_common()


BaseManager.register("board", Board, exposed=("add", "standings"))


def play(board: Board, pause_s: float) -> None:
    leave_it_to_the_parent()
    for _ in range(20):
        time.sleep(pause_s)  # the work
        board.add(current_process().name, 1)


def leave_it_to_the_parent() -> None:
    """To hear Ctrl-C, and to end us; unless it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("key", metavar="FILE", help="of the key, which its owner alone can read")
    add("--at", metavar="HOST:PORT", help="look at the board that runs there")
    add("--pause", type=float, default=0.5, metavar="S", help="of work (0.5)")
    args = parser.parse_args()
    if os.stat(args.key).st_mode & 0o077:
        parser.error(f"{args.key} is open to others: chmod 600 {args.key}")
    host, _, port = (args.at or "127.0.0.1:0").rpartition(":")
    with open(args.key, "rb") as file:
        manager = BaseManager((host, int(port)), file.read().strip())
    manager.connect() if args.at else manager.start(leave_it_to_the_parent)
    host, port = manager.address  # type: ignore[str-unpack,misc]
    print(f"The scoreboard is at {host}:{port}", file=sys.stderr, flush=True)
    board = manager.board()  # type: ignore[attr-defined]
    players, common = range(0 if args.at else 3), (board, args.pause)
    crew = [Process(target=play, args=common, daemon=True) for _ in players]
    for player in crew:
        player.start()
    for player in crew:
        player.join()
    for name, points in board.standings():
        print(f"{points:6} {name}")
    return int(any(player.exitcode for player in crew))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
