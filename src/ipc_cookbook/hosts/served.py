"""One side of a game through a server that both hosts can reach.

The server says neither that the other side is there nor that it is gone. So the sides say hello,
and while they play, a thread on each exchanges beats with the other's over a second pair of ends.
Who hears none for a while gives up.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from ctypes import Array, c_char
from threading import Event, Thread
from typing import Any, Protocol

from ipc_cookbook import catalog
from ipc_cookbook.errors import ConnectionFailed, PeerLost, PingPongError
from ipc_cookbook.game.loop import PLAYERS
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts.hello import NUMBERS, Hello, heard_from
from ipc_cookbook.hosts.server import Server
from ipc_cookbook.hosts.side import Line, Notice, Result
from ipc_cookbook.transport import Endpoint

BEAT_S = 0.2
SILENCE_S = 3.0
GOODBYE_S = 1.0
GOING_ON, DONE, FAILED = range(3)

Lost = Callable[[Exception], PeerLost]
"""What a library's exception means."""


class ServedEnd(Endpoint, Protocol):
    """The endpoint of a recipe that plays through a server: of the class ``ServerEnd`` there."""

    max_payload: int


class ServedMeeting:
    """The end of one side. To enter it, in the player's process, is to meet the other side."""

    def __init__(
        self, recipe: str, server: Server, game: str, player: str, hello: Hello, notice: Notice
    ) -> None:
        self.recipe, self.server, self.game = recipe, server, game
        self.player, self.hello, self.notice = player, hello, notice
        (self.other,) = set(PLAYERS) - {player}

    def on_board(self, board: Array[c_char]) -> ServedMeeting:
        """The same one, with a place for what it says last."""
        notice = self.notice._replace(board=board)
        return ServedMeeting(self.recipe, self.server, self.game, self.player, self.hello, notice)

    def take_leave(self) -> None:
        """The player may have been killed, and the server tells nobody."""

        def say() -> None:
            with suppress(Exception), self.end("beat", 0) as endpoint:
                endpoint.send((FAILED, b""))

        speaker = Thread(target=say, daemon=True)
        speaker.start()
        speaker.join(GOODBYE_S)

    def __enter__(self) -> Line:
        self.opened = ExitStack()
        self.notice.tell(f"waiting for {self.other} at {self.server.place}, game {self.game}")
        try:
            endpoint: ServedEnd = self.opened.enter_context(self.end("word", NUMBERS.size))
            endpoint.send(self.hello.as_message())
            said = self.first_word_of(endpoint)
        except ConnectionFailed:
            raise
        except Exception as error:
            raise self.failed(self.text_of(error), "no server") from error
        self.notice.post("")
        self.hello.check_same(said)
        self.pulse = Pulse(self.end("beat", 0), self.other, self.lost)
        self.pulse.start()
        line = ServedLine(endpoint, Peer(self.other, self.server.place), self.lost)
        line.begin(said.payload_size)
        return line

    def __exit__(self, *exc_info: object) -> None:
        self.pulse.stop(DONE if exc_info == (None, None, None) else FAILED)
        with suppress(Exception):  # the server may be gone
            self.opened.close()

    def first_word_of(self, endpoint: Endpoint) -> Hello:
        try:
            return heard_from(endpoint)
        except ValueError as error:
            text = f"somebody else plays the game {self.game}: {error}"
            raise self.failed(text, "no game") from None

    def end(self, purpose: str, max_payload: int) -> Any:
        """An end of the recipe's, under the names of this game."""
        recipe: Any = catalog.load(self.recipe)
        own, other = (
            f"ipc_cookbook.{self.game}.{player}.{purpose}" for player in (self.player, self.other)
        )
        url, user, password = self.server
        return recipe.ServerEnd(url, own, other, max_payload, user, password)

    def text_of(self, error: Exception) -> str:
        return self.server.without_password(f"{type(error).__name__}: {error}")

    def lost(self, error: Exception) -> PeerLost:
        text = f"{self.other} cannot be reached through the server any more"
        return PeerLost(f"{text}: {self.text_of(error)}")

    def failed(self, text: str, reason: str) -> ConnectionFailed:
        return ConnectionFailed(f"{self.server.place}: {text}", reason)


class ServedLine(Line):
    """The way to the other side, which has no socket of its own."""

    def __init__(self, endpoint: Any, peer: Peer, lost: Lost) -> None:
        super().__init__(endpoint, peer)
        self.lost = lost

    def begin(self, payload_size: int) -> None:
        self.last, self.payload_size = -1, payload_size
        self.endpoint.max_payload = payload_size

    def call(self, verb: Callable[..., Result], *arguments: object) -> Result:
        try:
            return verb(*arguments)
        except PingPongError:  # of the pulse
            raise
        except Exception as error:
            raise self.lost(error) from error

    def pause(self, seconds: float) -> None:
        """Sleep, unless the other side ends meanwhile: the pulse's signal ends it."""
        time.sleep(seconds)


class Pulse:
    """Beats that go to the other side and come from there, in a thread.

    Where they stop, the main thread, whatever it waits for, has a :class:`PeerLost`: by a signal,
    since nothing else ends a library's call.
    """

    def __init__(self, end: Any, other: str, lost: Lost) -> None:
        self.end, self.lost = end, lost
        self.why = PeerLost(f"nothing was heard of {other} for {SILENCE_S:g} s")
        self.word, self.leaves = GOING_ON, Event()
        self.thread = Thread(target=self.beat, daemon=True)

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self.give_up)
        signal.setitimer(signal.ITIMER_REAL, SILENCE_S)
        self.thread.start()

    def stop(self, word: int) -> None:
        """Say goodbye, if there is somebody to hear it."""
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        self.word = word
        self.leaves.set()
        self.thread.join(GOODBYE_S)

    def give_up(self, *signal_and_frame: object) -> None:
        raise self.why

    def beat(self) -> None:
        try:
            with self.end as endpoint:
                heard = GOING_ON
                while heard == GOING_ON:
                    said = self.word
                    endpoint.send((said, b""))
                    if said != GOING_ON:
                        return
                    heard, _ = endpoint.recv()
                    signal.setitimer(signal.ITIMER_REAL, SILENCE_S)
                    self.leaves.wait(BEAT_S)
            if heard == FAILED:
                raise PeerLost("the other side ended the game")
            signal.setitimer(signal.ITIMER_REAL, 0)  # what it said last is on its way
        except Exception as error:
            self.why = error if isinstance(error, PeerLost) else self.lost(error)
            signal.setitimer(signal.ITIMER_REAL, 0.001)
