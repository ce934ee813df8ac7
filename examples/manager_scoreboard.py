"""A scoreboard that several processes write to and that other terminals can look at.

    (umask 077; python -c "import secrets; print(secrets.token_hex())" > scoreboard.key)
    python examples/manager_scoreboard.py --key scoreboard.key
    python examples/manager_scoreboard.py --key scoreboard.key 127.0.0.1:PORT

The first form runs the board and its players, and says its address; the second form, in
another terminal, shows the board that runs there. Both must have the same key.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import AuthenticationError, Process, current_process
from multiprocessing.managers import BaseManager
from threading import Lock
from typing import Any

import command_line
import workers
from command_line import complain

PATIENCE_S = 2.0
LOOK_S = 0.2  # between two looks of the progress bar


class Board:
    """Lives in the manager's process, which has a thread for each client: hence the lock."""

    def __init__(self) -> None:
        self.points, self.lock = Counter[str](), Lock()

    def add(self, name: str, points: int) -> None:
        with self.lock:
            self.points[name] += points

    def standings(self) -> dict[str, int]:
        with self.lock:
            return dict(self.points.most_common())


THE_BOARD = Board()


def get_board() -> Board:
    return THE_BOARD


class BoardManager(BaseManager):
    board: Callable[[], Board]  # gives a proxy, which has the methods of the board


BoardManager.register("board", get_board, exposed=("add", "standings"))


def play(board: Board, rounds: int, pause: float) -> None:
    """A player's process: a point for each piece of work."""
    workers.end_with_parent()
    try:
        for _ in range(rounds):
            time.sleep(random.uniform(0, 2 * pause))  # the work
            board.add(current_process().name, 1)
    except (OSError, EOFError):
        sys.exit("the scoreboard is gone")


def run(key: bytes, players: int, rounds: int, pause: float) -> tuple[dict[str, int], bool]:
    """The final standings, and whether a player failed."""
    manager = BoardManager(("127.0.0.1", 0), key)
    with workers.ctrl_c_is_for_us():
        manager.start(workers.end_with_parent)
    with manager:
        address: Any = manager.address
        complain("The scoreboard is at {}:{}".format(*address))
        board = manager.board()
        names = [f"player {number}" for number in range(1, players + 1)]
        crew = [Process(target=play, name=name, args=(board, rounds, pause)) for name in names]
        with workers.running(crew), command_line.progress(players * rounds, "points") as show:
            for player in workers.as_they_end(crew, LOOK_S):
                show(sum(board.standings().values()))
                if player and player.exitcode:
                    complain(f"{player.name} {workers.end_of(player)}")
        return board.standings(), any(player.exitcode for player in crew)


def look(address: tuple[str, int], key: bytes) -> dict[str, int]:
    manager = BoardManager(address, key)
    workers.within(PATIENCE_S, manager.connect)  # what is there may be no board, and never answer
    return manager.board().standings()


def main() -> int:
    parser = command_line.make_parser(__doc__)
    add, whole, seconds = parser.add_argument, command_line.between, command_line.between
    add("address", nargs="?", type=command_line.address, metavar="HOST:PORT", help="look there")
    add("--key", required=True, type=command_line.secret, metavar="FILE", help="of the board")
    add("--players", type=whole(1, 256), default=3, metavar="N", help="how many (3)")
    add("--rounds", type=whole(0, 10**9), default=20, metavar="N", help="points each (20)")
    add("--pause", type=seconds(0.0, 3600.0), default=0.5, metavar="S", help="on average (0.5)")
    args = command_line.parse(parser)
    try:
        if args.address:
            standings, failed = look(args.address, args.key), False
        else:
            standings, failed = run(args.key, args.players, args.rounds, args.pause)
    except AuthenticationError:
        sys.exit("the board there has another key")
    except (OSError, EOFError) as error:
        sys.exit(f"there is no scoreboard: {error or 'its process has ended'}")
    for name, points in standings.items():
        print(f"{points:6} {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    command_line.run(main)
