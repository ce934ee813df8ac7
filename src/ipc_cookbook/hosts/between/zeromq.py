"""The two sides of the recipe ``zeromq``, over TCP under CURVE."""

from __future__ import annotations

import functools
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import zmq

from ipc_cookbook.errors import ConnectionFailed, SidesDisagree
from ipc_cookbook.game.result import Peer
from ipc_cookbook.hosts import hello, reach
from ipc_cookbook.hosts.address import Address, numbers_of
from ipc_cookbook.hosts.curve_ends import CurveCaller, CurveListener
from ipc_cookbook.hosts.hello import Hello
from ipc_cookbook.hosts.line import Line, Orders

CIPHER = "CURVE X25519 XSalsa20-Poly1305"
TRIES = 3
FAREWELL_S = 1.0


@contextmanager
def listen(orders: Orders) -> Iterator[Line]:
    """Hear everyone whose key is right until one may play; later ones hear that there is a game."""
    address = orders.address
    number, port = numbers_of(address)[0], str(address.port or "*")
    place = f"tcp://[{number}]:{port}" if ":" in number else f"tcp://{number}:{port}"
    with ExitStack() as stack:
        try:
            endpoint = stack.enter_context(CurveListener(place, room(orders), curve_keys(orders)))
        except zmq.ZMQError as error:
            raise ConnectionFailed(
                f"cannot listen on {address}: {error.strerror}", "cannot listen"
            ) from None
        assert isinstance(endpoint, CurveListener)
        bound = endpoint.socket.get_string(zmq.LAST_ENDPOINT).removeprefix("tcp://")
        orders.tell(f"listening on {bound}")
        endpoint.expect(hello.SIZE)
        busy = orders.hello._replace(is_busy=True)
        endpoint.for_others = endpoint.frame.pack(*busy.as_message())
        said = first_hello(endpoint)
        endpoint.send(orders.hello.as_message())
        try:
            said = hello.agreed(orders.hello, said)
        except SidesDisagree:
            ends_within(endpoint, FAREWELL_S)  # until the other side has heard why
            raise
        yield line(endpoint, said, orders, address_of(endpoint))


def first_hello(endpoint: CurveListener) -> Hello:
    while True:
        try:
            return hello.receive(endpoint)
        except (EOFError, ValueError):  # whoever said that is not the peer
            endpoint.peer, endpoint.descriptor, endpoint.gone = b"", -1, None


def address_of(endpoint: CurveListener) -> str:
    """Where the peer is."""
    try:
        with socket.socket(fileno=os.dup(endpoint.descriptor or -1)) as connection:
            return str(Address(*connection.getpeername()[:2]))
    except OSError:
        return "an unknown address"


@contextmanager
def connect(orders: Orders) -> Iterator[Line]:
    """Call the other side, and hear its hello; a few times, if it hangs up before that."""
    for number in range(TRIES):
        reached = reach.wait_until_reachable(orders.address, orders.tell)
        try:
            open_end, endpoint, said = call(orders, reached)
        except (EOFError, ValueError) as error:
            if is_final(error) or number == TRIES - 1:
                raise what_failed(orders.address, error) from error
            time.sleep(reach.LONGEST_PAUSE_S / 4)
        else:
            with open_end:
                yield line(endpoint, said, orders, str(reached))
            return


def call(orders: Orders, reached: Address) -> tuple[ExitStack, CurveCaller, Hello]:
    endpoint = CurveCaller(f"tcp://{reached}", room(orders), curve_keys(orders))
    with ExitStack() as opened:
        opened.enter_context(endpoint)
        said = hello.introduce(endpoint, orders.hello)
        return opened.pop_all(), endpoint, said


def room(orders: Orders) -> int:
    """How large the payload of a message may be."""
    return max(hello.SIZE, orders.payload_room)


def curve_keys(orders: Orders) -> tuple[bytes, ...]:
    return orders.keys.for_curve() if orders.keys else ()


def line(endpoint: CurveCaller, said: Hello, orders: Orders, address: str) -> Line:
    key = f"CURVE:{endpoint.keys[2].decode()}" if orders.keys else None
    peer = Peer(said.player, address, key, CIPHER if orders.keys else None)
    return Line(endpoint, said, peer, functools.partial(ends_within, endpoint))


def ends_within(endpoint: CurveCaller, seconds: float) -> bool:
    """Wait so long, and return early if the other side disconnects."""
    until = time.monotonic() + seconds
    while not endpoint.gone and (rest_s := until - time.monotonic()) > 0:
        if zmq.select([endpoint.monitor], [], [], rest_s)[0]:
            endpoint.take_note()
    return endpoint.gone is not None


def is_final(error: Exception) -> bool:
    return isinstance(error, ValueError) or str(error) == zmq.EVENT_HANDSHAKE_FAILED_AUTH.name


def what_failed(address: Address, error: Exception) -> ConnectionFailed:
    if isinstance(error, ValueError):
        return ConnectionFailed(f"{address}: what answers there is not this game", "no game")
    if is_final(error):
        return ConnectionFailed(
            f"{address}: wrong key: it does not let ours in, its keys and ours were not made "
            "together",
            "wrong key",
        )
    return ConnectionFailed(
        f"{address}: it hung up on us before the game: wrong key (its keys and ours were not made "
        "together, or one side has none), or no ZeroMQ",
        "wrong key",
    )
