"""A scoreboard that several processes write to and that other terminals can look at.

    (umask 077; python -c "import secrets; print(secrets.token_hex())" > scoreboard.key)
    python examples/manager_scoreboard.py --key scoreboard.key
    python examples/manager_scoreboard.py --key scoreboard.key 127.0.0.1:PORT

The first form runs the board and its players, and says its address; the second form, in
another terminal, shows the board that runs there. Both must have the same key.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import AuthenticationError, Process
from multiprocessing.managers import BaseManager
from threading import Lock
from typing import Any

import housekeeping
from housekeeping import complain, end_of

PATIENCE_S = 2.0
Standings = list[tuple[str, int]]


class Board:
    """Lives in the manager's process, which has a thread for each client: hence the lock."""

    def __init__(self) -> None:
        self.points, self.lock = Counter[str](), Lock()

    def add(self, name: str, points: int) -> None:
        with self.lock:
            self.points[name] += points

    def standings(self) -> Standings:
        with self.lock:
            return self.points.most_common()


THE_BOARD = Board()


def get_board() -> Board:
    return THE_BOARD


class BoardManager(BaseManager):
    board: Callable[[], Board]  # gives a proxy, which has the methods of the board


BoardManager.register("board", get_board, exposed=("add", "standings"))


def play(board: Board, name: str, rounds: int, pause: float) -> None:
    """A player's process: a point for each piece of work."""
    housekeeping.end_with_parent()
    try:
        for _ in range(rounds):
            time.sleep(random.uniform(0, 2 * pause))  # the work
            board.add(name, 1)
    except (OSError, EOFError):
        sys.exit(f"{name}: the scoreboard is gone")


def run(key: bytes, players: int, rounds: int, pause: float) -> tuple[Standings, bool]:
    """The final standings, and whether all players came to their end."""
    manager = BoardManager(("127.0.0.1", 0), key)
    with housekeeping.ctrl_c_is_for_us():
        manager.start(housekeeping.end_with_parent)
    with manager:
        address: Any = manager.address
        complain("The scoreboard is at {}:{}".format(*address))
        names = [f"player {number}" for number in range(1, players + 1)]
        args = [(manager.board(), name, rounds, pause) for name in names]
        crew = [Process(target=play, args=each) for each in args]
        with housekeeping.running(crew):
            for player in housekeeping.as_they_end(crew):
                if player and player.exitcode:
                    complain(f"{names[crew.index(player)]} {end_of(player.exitcode)}")
            is_complete = not any(player.exitcode for player in crew)
            return manager.board().standings(), is_complete


def look(address: tuple[str, int], key: bytes) -> Standings:
    manager = BoardManager(address, key)
    manager.connect()
    return manager.board().standings()


def read_key(path: str) -> bytes:
    with open(path, "rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            raise ValueError(f"{path} is open to others: chmod 600 {path}")
        key = file.read().strip()
    if not key:
        raise ValueError(f"{path} is empty")
    return key


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument(
        "address", nargs="?", type=housekeeping.address, metavar="HOST:PORT", help="look there"
    )
    parser.add_argument("--key", required=True, metavar="FILE", help="the secret of the board")
    parser.add_argument("--players", type=int, default=3, metavar="N", help="how many (3)")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="points each (20)")
    parser.add_argument("--pause", type=float, default=0.5, metavar="S", help="on average (0.5)")
    args = housekeeping.parse(parser)
    if args.players < 1 or args.rounds < 0 or not 0 <= args.pause <= 3600:
        parser.error("--players must be 1 or more, --rounds and --pause 0 or more")
    try:
        key, is_complete = read_key(args.key), True
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        if args.address:
            # what listens there may be no board, and never answer
            standings = housekeeping.within(PATIENCE_S, lambda: look(args.address, key))
        else:
            standings, is_complete = run(key, args.players, args.rounds, args.pause)
    except TimeoutError:
        sys.exit(f"no answer within {PATIENCE_S:g} s")
    except AuthenticationError:
        sys.exit("the board there has another key")
    except (OSError, EOFError) as error:
        sys.exit(f"there is no scoreboard: {error or 'its process has ended'}")
    for name, points in standings:
        print(f"{points:6} {name}")
    return 0 if is_complete else 1


if __name__ == "__main__":
    housekeeping.run(main)
