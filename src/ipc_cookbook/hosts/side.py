"""One side of a game between hosts, as the supervisor plays it: a transport with a single end."""

from __future__ import annotations

import hashlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ctypes import Array, c_char
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from ipc_cookbook import catalog
from ipc_cookbook.crew.player import Desk
from ipc_cookbook.crew.report import Records
from ipc_cookbook.errors import PeerLost
from ipc_cookbook.game.loop import FIRST, PLAYERS, play
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts import address as addresses
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.door import PATIENCE_S, Door, why
from ipc_cookbook.hosts.hello import NUMBERS, Hello, heard_from
from ipc_cookbook.hosts.reach import HUNG_UP, Tell, call
from ipc_cookbook.transport import Endpoint, Message

MOST_LINES = 20
NEWS_BYTES = 512
LONGEST_POLL_MS = 3_600_000

# One that vanished is noticed after 8 s, where the system lets us say so.
ALIVE = {"TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 8000}


Result = TypeVar("Result")


class SecureEnd(Endpoint, Protocol):
    """The endpoint of a recipe that plays between hosts: of the class ``TlsEnd`` in its file."""

    tls: ssl.SSLSocket
    max_payload: int


class Encounter(Protocol):
    """The end of one side. To enter it, in the player's process, is to meet the other side."""

    def on_board(self, board: Array[c_char], /) -> Self:
        """The same one, with a place for what it says last."""

    def take_leave(self) -> None:
        """The player has met the other side, and does not play on: tell, where that is needed."""

    def __enter__(self) -> Line: ...

    def __exit__(self, *exc_info: object) -> None: ...


class Side:
    """One side of a game, as the supervisor takes it: a transport that opens a single end.

    :ivar news: what the player said last before it met the other side; nothing once it had.
    """

    def __init__(self, meeting: Encounter) -> None:
        self.meeting, self.news = meeting, "it had not begun"

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[Encounter]]:
        board = context.RawArray(c_char, NEWS_BYTES)  # which nobody has to read
        board.value = self.news.encode()
        try:
            yield (self.meeting.on_board(board),)
        except BaseException:
            if not board.value:
                self.meeting.take_leave()
            raise
        finally:
            self.news = board.value.decode(errors="replace")


class Notice(NamedTuple):
    """What a player says before the game: to the caller, and to whoever wants to know.

    :ivar told: what was said already, to whoever wants to know.
    """

    listener: Tell | None
    told: set[str]
    board: Array[c_char] | None = None

    def tell(self, text: str) -> None:
        """Say each line once, and not for ever."""
        self.post(text)
        if self.listener and text not in self.told and len(self.told) < MOST_LINES:
            self.told.add(text)
            self.listener(text)

    def post(self, text: str) -> None:
        assert self.board is not None
        self.board.value = text.encode()[: NEWS_BYTES - 1]


class Meeting(NamedTuple):
    """The end of one side, with a connection of its own to the other one."""

    recipe: str
    address: Address
    keys: str
    player: str
    hello: Hello
    notice: Notice

    def on_board(self, board: Array[c_char]) -> Meeting:
        return self._replace(notice=self.notice._replace(board=board))

    def take_leave(self) -> None:
        """The kernel has closed the connection, which tells."""

    def __enter__(self) -> Line:
        if self.player == FIRST:
            self.notice.post(f"waiting for {self.address}")
            line, said = call(self.address, self.meet, self.notice.tell)
            self.notice.post("")
        else:
            with addresses.listening(self.address) as listeners:
                door = Door(self.receive, self.notice.tell)
                places = ", ".join(str(addresses.shown(each.getsockname())) for each in listeners)
                self.notice.tell(f"listening on {places}")
                line, said = door.first(listeners)
            self.notice.post("")
            line.send(self.hello.as_message())
        self.hello.check_same(said)
        line.begin(said.payload_size)
        return line

    def __exit__(self, *exc_info: object) -> None:
        """The process ends, and with it the connection."""

    def meet(self) -> tuple[Line, Hello]:
        """Call the other side and exchange hellos: the one round trip that proves it."""
        plain = socket.create_connection(self.address, PATIENCE_S)
        with self.secured(plain, self.address.name) as line:
            line.endpoint.send(self.hello.as_message())
            return line, heard_from(line.endpoint)

    def receive(self, caller: socket.socket) -> tuple[Line, Hello]:
        """Let a caller in, and hear its hello."""
        with self.secured(caller, None) as line:
            return line, heard_from(line.endpoint)

    @contextmanager
    def secured(self, plain: socket.socket, server: str | None) -> Iterator[Line]:
        """A line with the right player at the other end. It stays open unless something fails."""
        recipe: Any = catalog.load(self.recipe)
        with ExitStack() as undo:
            undo.callback(plain.close)
            keep_alive(plain)
            end = recipe.TlsEnd(plain, self.keys, NUMBERS.size, server)
            try:
                endpoint: SecureEnd = undo.enter_context(end)
            except OSError as error:
                if plain.fileno() < 0:  # TLS has taken it over, and so it is not about our keys
                    raise
                raise OSError(f"the keys in {self.keys} cannot be used: {why(error)}") from None
            peer = peer_of(endpoint)
            (other,) = set(PLAYERS) - {self.player}
            if peer.player != other:
                raise ValueError(f"its certificate is not {other}'s")
            yield Line(endpoint, peer)
            undo.pop_all()


def keep_alive(own: socket.socket) -> None:
    own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name in vars(socket).keys() & ALIVE:
        own.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), ALIVE[name])


def common_name(endpoint: SecureEnd) -> str:
    """Whose certificate was shown at the other end."""
    certificate: Any = endpoint.tls.getpeercert()
    names = dict(pair for part in certificate["subject"] for pair in part)
    return str(names.get("commonName"))


def peer_of(endpoint: SecureEnd) -> Peer:
    """:raises ConnectionError: it has hung up already."""
    encoded, chosen = endpoint.tls.getpeercert(binary_form=True), endpoint.tls.cipher()
    assert encoded is not None
    assert chosen is not None
    try:
        number = endpoint.tls.getpeername()
    except OSError:
        raise ConnectionResetError from None
    return Peer(
        common_name(endpoint),
        str(addresses.shown(number)),
        f"SHA256:{hashlib.sha256(encoded).hexdigest()}",
        f"{endpoint.tls.version()} {chosen[0]}",
    )


class Line:
    """The way to the other side, as the player holds it: what breaks is a :class:`PeerLost`.

    :ivar last: the token of the message that travelled last; they count up by one.
    :ivar payload_size: of the message that is due, in bytes.
    """

    def __init__(self, endpoint: SecureEnd, peer: Peer) -> None:
        self.endpoint, self.peer = endpoint, peer

    def begin(self, payload_size: int) -> None:
        """The game begins, of which the supervisor knows how long it may take."""
        self.last, self.payload_size = -1, payload_size
        self.endpoint.max_payload = payload_size
        self.endpoint.tls.settimeout(None)

    def call(self, verb: Callable[..., Result], *arguments: object) -> Result:
        """What the endpoint does, and what its exceptions mean."""
        try:
            return verb(*arguments)
        except (OSError, EOFError) as error:
            raise lost(error) from error
        except ValueError as error:
            raise PeerLost(f"{self.peer.player} broke the rules: {error}") from error

    def send(self, message: Message) -> None:
        self.last = message[0]
        self.call(self.endpoint.send, message)

    def recv(self) -> Message:
        message = self.call(self.endpoint.recv)
        if message[0] != self.last + 1:
            raise PeerLost(
                f"{self.peer.player} broke the rules: it sent token {message[0]} where "
                f"{self.last + 1} was due"
            )
        if len(message[1]) != self.payload_size:
            raise PeerLost(
                f"{self.peer.player} broke the rules: it sent {len(message[1])} bytes of payload "
                f"where {self.payload_size} were due"
            )
        self.last = message[0]
        return message

    def pause(self, seconds: float) -> None:
        """Sleep, unless the other side ends meanwhile."""
        if not hasattr(select, "POLLRDHUP"):
            time.sleep(seconds)
            return
        hung_up = select.poll()
        hung_up.register(self.endpoint.tls, select.POLLRDHUP)
        if hung_up.poll(min(seconds * 1000, LONGEST_POLL_MS)):
            raise PeerLost("the other side ended the game")


def lost(error: OSError | EOFError) -> PeerLost:
    """What an endpoint's exception means."""
    if isinstance(error, HUNG_UP):
        return PeerLost("the other side ended the game")
    if isinstance(error, ssl.SSLError):
        return PeerLost(f"a message was changed on its way ({error.reason})")
    return PeerLost(f"the other side cannot be reached any more: {error.strerror or error}")


def play_side(
    line: Endpoint, desk: Desk, *, player: str, tokens: int, delay: float, echo: bool
) -> tuple[tuple[Any, Peer], Records]:
    """A part: the payload, which Pong adopts; the words; and a last message on those."""
    assert isinstance(line, Line)
    try:
        if player == FIRST:
            line.send((0, bytes(desk.payload)))
        else:
            desk = desk._replace(payload=memoryview(line.recv()[1]))
        account, records = play(
            line, desk, player=player, tokens=tokens, delay=delay, echo=echo, pause=line.pause
        )
        if player == PLAYERS[(tokens - 1) % 2]:
            line.payload_size = 0
            line.recv()  # so that the last word has arrived
        else:
            line.send((line.last + 1, b""))
    except PeerLost as error:
        words, expected = desk.counters[desk.number], len(range(PLAYERS.index(player), tokens, 2))
        raise PeerLost(f"{error}; {player} had said {words} of its {expected} words") from error
    return (account, line.peer), records
