"""A player that kills itself at its third word, and what the caller hears of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

from ipc_cookbook import PlayerDied, run_pingpong
from ipc_cookbook.recipes import pipe
from ipc_cookbook.recipes.pipe import PipeEnd


class Mortal:
    def __init__(self, end: PipeEnd) -> None:
        self.end = end

    def send(self, message: tuple[int, bytes]) -> None:
        if message[0] == 6:  # the third word of Pong has just been said
            os.kill(os.getpid(), signal.SIGKILL)
        self.end.send(message)

    def recv(self) -> tuple[int, bytes]:
        return self.end.recv()


class Deadly:
    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[PipeEnd, Mortal]]:
        with pipe.open_pair(context, max_payload) as (ping, pong):
            yield ping, Mortal(pong)


if __name__ == "__main__":
    try:
        run_pingpong(Deadly())
    except PlayerDied as error:
        print(error)
        print(f"player {error.player}, exitcode {error.exitcode}")
