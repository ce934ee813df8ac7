"""Fifty words over a pipe, without the cookbook: what ``overhead.py`` holds the command to."""

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def ping(end: Connection) -> None:
    for token in range(0, 50, 2):
        print("Ping", end="", flush=True)
        end.send(token)
        end.recv()


def pong(end: Connection) -> None:
    for _ in range(1, 50, 2):
        token = end.recv()
        print("Pong", end="", flush=True)
        end.send(token + 1)


if __name__ == "__main__":
    first, second = Pipe()
    players = [Process(target=ping, args=(first,)), Process(target=pong, args=(second,))]
    for player in players:
        player.start()
    for player in players:
        player.join()
    print()
