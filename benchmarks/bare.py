"""The same exchange without the cookbook: for each mechanism, the barest careful loop.

Every loop plays one side of a game of ``tokens`` words (an even number) and returns when it
spoke, in ns of :func:`time.perf_counter_ns`. Where the turns alternate, only Ping takes the
time: the round trips lie between its words. Nothing here is taken from ``ipc_cookbook``, and
a message is the token alone.
"""

import os
import struct
from array import array
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.managers import BaseManager
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Condition
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, create_server, socket
from tempfile import TemporaryDirectory
from threading import Condition as ThreadCondition
from time import perf_counter_ns
from typing import Any, NamedTuple, TypeAlias

Times: TypeAlias = "array[int]"
TIMEOUT_S = 60


def ping_pipe(end: Connection, tokens: int) -> Times:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        end.send(token + 1)
        token = end.recv()
    return at_ns


def pong_pipe(end: Connection, tokens: int) -> Times:
    token = 0
    while token < tokens:
        token = end.recv() + 1
        end.send(token)
    return array("q")


@contextmanager
def open_pipe(context: BaseContext) -> Iterator[tuple[Connection, Connection]]:
    first, second = context.Pipe()
    with first, second:
        yield first, second


Queues: TypeAlias = "tuple[Queue[int], Queue[int]]"


def ping_queue(queues: Queues, tokens: int) -> Times:
    outgoing, incoming = queues
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        outgoing.put(token + 1)
        token = incoming.get()
    return at_ns


def pong_queue(queues: Queues, tokens: int) -> Times:
    outgoing, incoming = queues
    token = 0
    while token < tokens:
        token = incoming.get() + 1
        outgoing.put(token)
    return array("q")


@contextmanager
def open_queue(context: BaseContext) -> Iterator[tuple[Queues, Queues]]:
    there, back = context.Queue(), context.Queue()
    yield (there, back), (back, there)


def begin_one_queue(queue: "Queue[int]", tokens: int) -> Times:
    queue.put(0)
    return play_one_queue(queue, tokens)


def play_one_queue(queue: "Queue[int]", tokens: int) -> Times:
    at_ns = array("q")
    while (token := queue.get()) < tokens:
        at_ns.append(perf_counter_ns())
        queue.put(token + 1)
    queue.put(token)  # for the other player, which waits for a word still
    return at_ns


@contextmanager
def open_one_queue(context: BaseContext) -> Iterator[tuple["Queue[int]", "Queue[int]"]]:
    queue: Queue[int] = context.Queue()
    yield queue, queue
    queue.get()


Cell: TypeAlias = "tuple[Synchronized[int], Condition]"


def ping_value(cell: Cell, tokens: int) -> Times:
    at_ns, (token, changed) = array("q"), cell
    with changed:
        for said in range(0, tokens, 2):
            at_ns.append(perf_counter_ns())
            token.value = said + 1
            changed.notify()
            changed.wait_for(lambda: token.value % 2 == 0)
    return at_ns


def pong_value(cell: Cell, tokens: int) -> Times:
    token, changed = cell
    with changed:
        for said in range(1, tokens, 2):
            changed.wait_for(lambda: token.value % 2 == 1)
            token.value = said + 1
            changed.notify()
    return array("q")


@contextmanager
def open_value(context: BaseContext) -> Iterator[tuple[Cell, Cell]]:
    token = context.Value("q", 0)
    cell = token, context.Condition(token.get_lock())
    yield cell, cell


class Turn:
    """Lives in the manager's process."""

    def __init__(self) -> None:
        self.token, self.changed = 0, ThreadCondition()

    def set(self, token: int) -> None:
        with self.changed:
            self.token = token
            self.changed.notify()

    def wait(self, parity: int) -> int:
        with self.changed:
            self.changed.wait_for(lambda: self.token % 2 == parity)
            return self.token


class TurnManager(BaseManager):
    Turn: type[Turn]


TurnManager.register("Turn", Turn)


def ping_manager(turn: Turn, tokens: int) -> Times:
    at_ns, token = array("q"), 0
    while token < tokens:
        at_ns.append(perf_counter_ns())
        turn.set(token + 1)
        token = turn.wait(0)
    return at_ns


def pong_manager(turn: Turn, tokens: int) -> Times:
    token = 0
    while token < tokens:
        token = turn.wait(1) + 1
        turn.set(token)
    return array("q")


@contextmanager
def open_manager(context: BaseContext) -> Iterator[tuple[Turn, Turn]]:
    with TurnManager(ctx=context) as manager:
        turn = manager.Turn()
        yield turn, turn


LENGTH = struct.Struct("!I")
TOKEN = struct.Struct("!Q")


def write_frame(connection: socket, token: int) -> None:
    body = TOKEN.pack(token)
    connection.sendall(LENGTH.pack(len(body)) + body)


def read_exactly(connection: socket, size: int) -> bytes:
    data = connection.recv(size)
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_frame(connection: socket) -> int:
    (length,) = LENGTH.unpack(read_exactly(connection, LENGTH.size))
    token: int
    (token,) = TOKEN.unpack(read_exactly(connection, length))
    return token


def ping_socket(listener: socket, tokens: int) -> Times:
    at_ns, token = array("q"), 0
    connection, _ = listener.accept()
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    with connection:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            write_frame(connection, token + 1)
            token = read_frame(connection)
    return at_ns


def pong_socket(address: tuple[str, int], tokens: int) -> Times:
    token = 0
    with create_connection(address) as connection:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        while token < tokens:
            token = read_frame(connection) + 1
            write_frame(connection, token)
    return array("q")


@contextmanager
def open_socket(context: BaseContext) -> Iterator[tuple[socket, tuple[str, int]]]:
    with create_server(("127.0.0.1", 0)) as listener:
        yield listener, listener.getsockname()


def ping_zeromq(address: str, tokens: int) -> Times:
    import zmq

    at_ns, token = array("q"), 0
    with zmq.Context() as context, context.socket(zmq.PAIR) as pair:
        pair.bind(address)
        while token < tokens:
            at_ns.append(perf_counter_ns())
            pair.send(TOKEN.pack(token + 1))
            (token,) = TOKEN.unpack(pair.recv())
    return at_ns


def pong_zeromq(address: str, tokens: int) -> Times:
    import zmq

    token = 0
    with zmq.Context() as context, context.socket(zmq.PAIR) as pair:
        pair.connect(address)
        while token < tokens:
            (token,) = TOKEN.unpack(pair.recv())
            token += 1
            pair.send(TOKEN.pack(token))
    return array("q")


@contextmanager
def open_zeromq(context: BaseContext) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        address = "ipc://" + os.path.join(folder, "pair")
        yield address, address


class Bare(NamedTuple):
    open_pair: Callable[[BaseContext], AbstractContextManager[tuple[Any, Any]]]
    ping: Callable[[Any, int], Times]
    pong: Callable[[Any, int], Times]


LOOPS = {
    "queue": Bare(open_queue, ping_queue, pong_queue),
    "one-queue": Bare(open_one_queue, begin_one_queue, play_one_queue),
    "pipe": Bare(open_pipe, ping_pipe, pong_pipe),
    "value": Bare(open_value, ping_value, pong_value),
    "manager": Bare(open_manager, ping_manager, pong_manager),
    "socket": Bare(open_socket, ping_socket, pong_socket),
    "zeromq": Bare(open_zeromq, ping_zeromq, pong_zeromq),
}


def run(name: str, tokens: int, context: BaseContext) -> list[int]:
    """Play one game in two processes.

    :returns: when the players spoke, in order; where turns alternate, Ping's words alone.
    """
    bare = LOOPS[name]
    with bare.open_pair(context) as ends:
        inboxes, players = [], []
        for loop, end in zip((bare.ping, bare.pong), ends, strict=True):
            inbox, outbox = context.Pipe(duplex=False)
            player: Any = context.Process(  # type: ignore[attr-defined]
                target=play, args=(loop, end, tokens, outbox), daemon=True
            )
            player.start()
            outbox.close()
            inboxes.append(inbox)
            players.append(player)
        if not all(inbox.poll(TIMEOUT_S) for inbox in inboxes):
            raise TimeoutError(f"the bare {name} loop was not over after {TIMEOUT_S} s")
        at_ns = sorted(time for inbox in inboxes for time in inbox.recv())
        for player in players:
            player.join()
    return at_ns


def play(loop: Callable[[Any, int], Times], end: Any, tokens: int, outbox: Connection) -> None:
    """The main function of a player's process."""
    outbox.send(loop(end, tokens))
