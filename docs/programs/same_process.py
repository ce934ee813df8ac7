"""Without a second process: the game between two threads, and between two interpreters.

python same_process.py [WORDS]
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any, NamedTuple

try:
    from concurrent import interpreters  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # before Python 3.14
    interpreters = None


class Pipe(NamedTuple):
    """A pipe of the operating system, used like a queue of numbers."""

    reader: int
    writer: int

    def put(self, number: int) -> None:
        os.write(self.writer, number.to_bytes(8))

    def get(self) -> int:
        return int.from_bytes(os.read(self.reader, 8))


def play(player: str, words: int, outgoing: Any, incoming: Any, said: Any) -> None:
    """Say a word whenever it is this player's turn, as in every recipe."""
    token = 0 if player == "Ping" else incoming.get()
    while token < words:
        said.put((time.perf_counter_ns(), player))
        outgoing.put(token + 1)
        if token + 1 == words:
            break
        token = incoming.get()


def in_a_thread(play: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=play, args=arguments)
    thread.start()
    return thread


def game(
    start: list[Callable[..., Any]], words: int, there: Any, back: Any, said: Any
) -> list[Any]:
    players = [
        start[0](play, "Ping", words, there, back, said),
        start[1](play, "Pong", words, back, there, said),
    ]
    for player in players:
        player.join()
    return sorted(said.get() for _ in range(said.qsize()))


def games(words: int) -> Iterator[tuple[str, list[Any]]]:
    queues = [SimpleQueue[Any]() for _ in range(3)]
    yield "threads, two queues", game([in_a_thread] * 2, words, *queues)
    if interpreters:
        # each has its own modules and its own lock; a thread has to run it
        both = [interpreters.create(), interpreters.create()]
        start = [one.call_in_thread for one in both]
        queues = [interpreters.create_queue() for _ in range(3)]
        yield "interpreters, two queues", game(start, words, *queues)
        pipes = Pipe(*os.pipe()), Pipe(*os.pipe())
        said = interpreters.create_queue()
        yield "interpreters, two pipes", game(start, words, *pipes, said)


if __name__ == "__main__":
    for name, turns in games(words := int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        is_in_turn = [player for _, player in turns] == ["Ping", "Pong"] * (words // 2)
        order = "in turn" if is_in_turn else "NOT in turn"
        took_s = (turns[-1][0] - turns[0][0]) / 1e9
        print(f"{name}: {len(turns)} words, {order}, {took_s:.4f} s")
    if not interpreters:
        print("interpreters: they need Python 3.14")
