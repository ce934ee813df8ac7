"""Two named pipes: two processes meet or do not, by the order of their opening."""

import os
from contextlib import ExitStack
from multiprocessing import Process
from tempfile import TemporaryDirectory


def open_in_order(paths: dict[str, str]) -> None:
    with ExitStack() as files:
        for mode, path in paths.items():
            files.enter_context(open(path, mode))


def waiting(ping: dict[str, str], pong: dict[str, str], limit_s: float) -> int:
    players = [Process(target=open_in_order, args=(paths,)) for paths in (ping, pong)]
    for player in players:
        player.start()
    for player in players:
        player.join(limit_s)
    still = sum(player.is_alive() for player in players)
    for player in players:
        player.kill()
        player.join()
    return still


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        there, back = os.path.join(folder, "there"), os.path.join(folder, "back")
        os.mkfifo(there)
        os.mkfifo(back)
        pong = {"rb": there, "wb": back}
        still = waiting({"rb": back, "wb": there}, pong, 0.5)
        print("both read first, still waiting:", still)
        still = waiting({"wb": there, "rb": back}, pong, 30)
        print("one writes first, still waiting:", still)
