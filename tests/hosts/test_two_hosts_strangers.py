"""Strangers at a listening player: none gets in, none is in the way, and none can keep it busy.

Those who have keys, but not the right ones, are in ``test_mutual_tls.py``.
"""

from __future__ import annotations

import multiprocessing
import re
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from driver import COOKBOOK, Running
from ipc_cookbook.hosts import door, side
from ipc_cookbook.hosts.address import Address
from ipc_cookbook.hosts.hello import PROTOCOL, Hello
from processes import open_files
from strangers import ANYWHERE, MANY, MEGABYTE, Place, Stranger, first_words, peak_memory, says
from streams import LIMIT_S
from two_players import calling, listening, player_of

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc"),
    pytest.mark.part,
]

SIEGE = (sys.executable, Path(__file__).with_name("siege.py"))
FEW_DESCRIPTORS = 56  # fewer than would be needed for all there is room for


def play_among(recipe: str, strangers: Sequence[Stranger], keys: Path, foreign: Path) -> str:
    """What Pong says of a game that it plays while they are all there."""
    options = ("--delay", "0")
    with listening(recipe, keys, *options) as (pong, port), ExitStack() as stack:
        player = player_of(pong)
        before = peak_memory(player)
        for stranger in strangers:
            stranger(Place(recipe, port, keys, foreign), stack)
        with calling(recipe, keys, f"127.0.0.1:{port}", "--delay", "0.01") as ping:
            assert ping.out.read(4) == "Ping"
            assert peak_memory(player) - before < 20 * MEGABYTE
            assert ping.end(0)[0] == "Ping" * 24 + "\n"
        check_end(pong, "Pong")
        return pong.err.text


def check_end(program: Running, player: str) -> None:
    assert program.end(0)[0] == f"{player * 25}\n"


@pytest.mark.sweep
@pytest.mark.parametrize("stranger", ANYWHERE)
def test_a_stranger(remote: str, stranger: str, keys: Path, foreign_keys: Path) -> None:
    play_among(remote, [ANYWHERE[stranger]], keys, foreign_keys)


def test_all_strangers_together(remote: str, keys: Path, foreign_keys: Path) -> None:
    said = play_among(remote, [*ANYWHERE.values()], keys, foreign_keys)
    assert said.count("turned away a caller from 127.0.0.1: it does not speak TLS") == 1


def limited(descriptors: int) -> tuple[str, ...]:
    """The beginning of a command that may have so many descriptors open."""
    return "sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh"


def sockets_of(pid: int) -> int:
    return sum(name.startswith("socket:") for name in open_files(pid))


@pytest.mark.parametrize("how", ["drip", 800])
@pytest.mark.parametrize("descriptors", [1024, FEW_DESCRIPTORS])
def test_a_thousand_at_a_time(remote: str, keys: Path, how: object, descriptors: int) -> None:
    """They are there before the right peer, stay all the time, and call again."""
    options = ("--listen", "127.0.0.1:0", "--keys", keys / "pong", "--delay", "0")
    with Running(*limited(descriptors), *COOKBOOK, remote, *options) as pong:
        port = pong.err.until(r"listening on .*:(\d+)\n")[1]
        player = player_of(pong)
        before = peak_memory(player), sockets_of(player)
        with Running(*SIEGE, "127.0.0.1", port, 1000, how) as siege:
            siege.out.until("all have called\n")
            most = max(held_by(player) for _ in range(50))
            assert most <= door.SILENT + 2 * door.HEARD + before[1]  # one that is heard has two
            called_at = time.monotonic()
            with calling(remote, keys, f"127.0.0.1:{port}", "--delay", "0") as ping:
                ping.end(0)
            assert time.monotonic() - called_at < door.PATIENCE_S, "it waited for strangers to go"
            check_end(pong, "Pong")
            siege.close_input()
            siege.end(0)
            assert most > before[1], "there was no stranger"


def held_by(player: int) -> int:
    """How many sockets it has; it must not have many threads, or much memory, for them."""
    threads = len([*Path(f"/proc/{player}/task").iterdir()])
    assert threads <= door.HEARD + 4
    time.sleep(0.01)
    return sockets_of(player)


def test_memory_under_siege(remote: str, keys: Path) -> None:
    with listening(remote, keys, "--delay", "0") as (pong, port):
        player = player_of(pong)
        before = peak_memory(player)
        with Running(*SIEGE, "127.0.0.1", port, 1000, "drip") as siege:
            siege.out.until("all have called\n")
            with calling(remote, keys, f"127.0.0.1:{port}", "--delay", "0.02") as ping:
                ping.out.read(4)
                assert peak_memory(player) - before < 20 * MEGABYTE
                ping.end(0)
            siege.close_input()
            siege.end(0)
        check_end(pong, "Pong")


def test_what_is_told_of_strangers_has_an_end(remote: str, keys: Path) -> None:
    """Nobody reads it meanwhile, and it does not hold up the game."""

    def with_every_kind_of_garbage(place: Place, stack: ExitStack) -> None:
        words = first_words()
        for number in range(600):
            spoilt = bytearray(words)
            spoilt[9 + number % (len(words) - 9)] ^= 0xFF
            for garbage in bytes(spoilt), bytes([number % 256]) * 9:
                with ExitStack() as leaving_at_once:
                    says(garbage)(place, leaving_at_once)

    said = play_among(remote, [with_every_kind_of_garbage], keys, keys)
    assert 1 <= said.count("turned away") <= side.MOST_LINES
    assert len(said) < 4096


def test_what_is_told_of_many_hosts_has_an_end_too() -> None:
    """The last line is kept for the error at the deadline, whatever it is."""
    told: list[str] = []
    notice = side.Notice(told.append, set())
    end = side.Meeting("", Address("127.0.0.1", 1), "", "Pong", Hello(PROTOCOL, 50, 0), notice)
    transport = side.Side(end)
    with transport.open_pair(multiprocessing.get_context("spawn"), 0) as (meeting,):
        assert isinstance(meeting, side.Meeting)
        for number in range(1000):
            meeting.notice.tell(f"turned away a caller from {number}: " + "x" * 1000)
    assert told[0].startswith("turned away a caller from 0:")
    assert len(told) == side.MOST_LINES
    assert transport.news.startswith("turned away a caller from 999:")


# The door alone


class Hall:
    """A door, in a thread of its own."""

    def __init__(
        self, receive: Callable[[socket.socket], str], tell: Callable[[str], object] | None = None
    ) -> None:
        self.told: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.door = door.Door(receive, tell or self.told.append)
        self.guests: list[str] = []
        self.thread = threading.Thread(target=self.open, daemon=True)

    def open(self) -> None:
        try:
            self.guests.append(self.door.first([self.listener]))
        except RuntimeError as error:
            self.guests.append(str(error))

    def __enter__(self) -> Hall:
        self.thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.thread.join(LIMIT_S)
        self.listener.close()

    def call(self, words: bytes = b"", host: str = "127.0.0.1") -> socket.socket:
        address = self.listener.getsockname()
        caller = socket.create_connection(address, LIMIT_S, source_address=(host, 0))
        caller.sendall(words)
        return caller


RECORD = b"\x16\x03\x01\x00\x04"
EMPTY_RECORD = b"\x16\x03\x01\x00\x00"  # whoever says that is heard, and may say more


def receive_four(caller: socket.socket) -> str:
    """Four bytes after the record's header; the right ones may come in."""
    caller.recv(len(RECORD))
    said = caller.recv(4)
    if said != b"good":
        raise ValueError(f"it said {said!r}")
    caller.close()
    return "the right one"


def wait_until_gone(callers: Sequence[socket.socket], number: int) -> None:
    """Until so many of them have been hung up on."""
    waiting = list(callers)
    while len(callers) - len(waiting) < number:
        gone, _, _ = select.select(waiting, [], [], LIMIT_S)
        assert gone, f"of {len(callers)} there are {len(waiting)} left"
        waiting = [caller for caller in waiting if caller not in gone]


def test_the_first_who_may_come_in() -> None:
    with Hall(receive_four) as hall:
        with hall.call(RECORD + b"nope") as wrong:
            assert wrong.recv(1) == b""
        with hall.call(RECORD + b"good") as right:
            assert right.recv(1) == b""
    assert hall.guests == ["the right one"]
    assert hall.told == ["turned away a caller from 127.0.0.1: it said b'nope'"]


def test_a_caller_has_its_time_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it says something; before it is received, and while it is."""
    monkeypatch.setattr(door, "PATIENCE_S", 0.4)

    def receive(caller: socket.socket) -> str:
        if caller.recv(9) == RECORD + b"good":
            caller.close()
            return "the right one"
        while caller.recv(1):
            pass
        raise EOFError

    def drip(caller: socket.socket) -> None:
        with caller, suppress(ConnectionError):
            for _ in range(1000):  # a byte every 0.1 s, and so for 100 s
                caller.sendall(b"x")
                caller.settimeout(0.1)
                with suppress(TimeoutError):
                    if not caller.recv(1):
                        return
        del caller

    with Hall(receive) as hall:
        for words in RECORD + b"slow", RECORD[:1]:
            began = time.monotonic()
            drip(hall.call(words))
            assert time.monotonic() - began < 50
        hall.call(RECORD + b"good").close()
    assert hall.guests == ["the right one"]
    assert hall.told == 2 * ["turned away a caller from 127.0.0.1: it kept silent"]


def test_a_thread_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns one caller away, and the door stays open."""
    start, failures = threading.Thread.start, [RuntimeError("can't start new thread")] * 3

    def start_or_fail(thread: threading.Thread) -> None:
        if failures and "_receive_one" in repr(getattr(thread, "_target", None)):
            raise failures.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_fail)
    with Hall(receive_four) as hall:
        for _ in range(3):
            with hall.call(RECORD + b"good") as unlucky, suppress(ConnectionError):
                assert unlucky.recv(1) == b""
        hall.call(RECORD + b"good").close()
    assert hall.guests == ["the right one"]
    assert hall.told == 3 * ["turned away a caller from 127.0.0.1: can't start new thread"]


def test_somebody_goes_if_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who hold them all cannot keep out the one who may come in."""
    start, most = threading.Thread.start, 3

    def start_or_fail(thread: threading.Thread) -> None:
        if "_receive_one" in repr(getattr(thread, "_target", None)):
            here = sum("_receive_one" in each.name for each in threading.enumerate())
            if here >= most:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_fail)
    with Hall(receive_four) as hall, ExitStack() as stack:
        holding = [stack.enter_context(hall.call(EMPTY_RECORD)) for _ in range(2 * most)]
        wait_until_gone(holding, most)
        right = stack.enter_context(hall.call(EMPTY_RECORD + b"good"))
        assert right.recv(1) == b""
    assert hall.guests == ["the right one"]
    assert hall.told == []


def test_who_was_turned_away_makes_room_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, one who is still being received may stay."""
    monkeypatch.setattr(door, "HEARD", 4)
    with Hall(receive_four) as hall, ExitStack() as stack:
        right = stack.enter_context(hall.call(EMPTY_RECORD))
        for _ in range(40):
            wrong = stack.enter_context(hall.call(EMPTY_RECORD + b"nope"))
            assert wrong.recv(1) == b""
        right.sendall(b"good")
        assert right.recv(1) == b""
    assert hall.guests == ["the right one"]


@pytest.mark.parametrize("begins", [b"", EMPTY_RECORD])
def test_the_host_with_the_most_callers_makes_room(
    monkeypatch: pytest.MonkeyPatch, begins: bytes
) -> None:
    """However many there are of it, they do not push out the only one of another host."""
    for room in "SILENT", "HEARD":
        monkeypatch.setattr(door, room, 4)
    with Hall(receive_four) as hall, ExitStack() as stack:
        right = stack.enter_context(hall.call(begins))
        crowd = [stack.enter_context(hall.call(begins, "127.0.0.2")) for _ in range(40)]
        wait_until_gone(crowd, 37)
        right.sendall((EMPTY_RECORD + b"good").removeprefix(begins))
        assert right.recv(1) == b""
    assert hall.guests == ["the right one"]


def test_a_report_that_fails_ends_the_waiting() -> None:
    """It is the caller's own function, and its error is not lost in a thread."""

    def fail(text: str) -> None:
        raise RuntimeError(f"cannot tell that it {text}")

    for words in b"garbage", EMPTY_RECORD + b"nope":
        with Hall(receive_four, fail) as hall:
            hall.call(words).close()
        (error,) = hall.guests
        assert error.startswith("cannot tell that it turned away a caller from 127.0.0.1")


def test_no_more_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those who have said something of use none has to go while there are others."""
    for room in "SILENT", "HEARD":
        monkeypatch.setattr(door, room, 4)
    at_once, most, go_on = 0, 0, threading.Event()
    lock = threading.Lock()

    def receive(caller: socket.socket) -> str:
        nonlocal at_once, most
        caller.recv(len(RECORD))
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            said = caller.recv(4)
            if said == b"good":
                go_on.wait()
                return "the right one"
            caller.recv(1)
            raise EOFError
        finally:
            with lock:
                at_once -= 1
            caller.close()

    with Hall(receive) as hall, ExitStack() as stack:
        right = stack.enter_context(hall.call(RECORD + b"good"))
        while not at_once:
            time.sleep(0.01)
        for _ in range(3 * MANY):
            stack.enter_context(hall.call())
        go_on.set()
        del right
    assert hall.guests == ["the right one"]
    assert most <= 8


# What was overheard


class Tap:
    """Between two players: hands on what each says, and keeps what the caller said.

    :param spoils: at which byte of what the caller says it changes one, None for never.
    """

    def __init__(self, port: int, spoils: int | None = None) -> None:
        self.spoils = spoils
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.target = port
        self.said = b""
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with self.listener:
            caller, _ = self.listener.accept()
        with caller, socket.create_connection(("127.0.0.1", self.target)) as called:
            back = threading.Thread(target=self.hand_on, args=(called, caller))
            back.start()
            self.said = self.hand_on(caller, called, self.spoils)
            back.join()

    def hand_on(
        self, source: socket.socket, target: socket.socket, spoils: int | None = None
    ) -> bytes:
        said = b""
        with suppress(OSError):
            while data := source.recv(65536):
                if spoils is not None and len(said) <= spoils < len(said) + len(data):
                    data = data[:-1] + bytes([data[-1] ^ 1])
                said += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        return said


def test_what_was_changed_on_its_way_ends_the_game(remote: str, keys: Path) -> None:
    """Both sides say so; neither takes it for a word."""
    options = ("--delay", "0", "--tokens", "1000")
    with listening(remote, keys, *options) as (pong, port):
        tap = Tap(port, spoils=6000)  # well within the words
        with calling(remote, keys, f"127.0.0.1:{tap.port}", *options) as ping:
            for program, player in (ping, "Ping"), (pong, "Pong"):
                _, err = program.end(1)
                changed = rf"a message was changed on its way \(.*\); {player} had said \d+ of"
                assert re.search(changed, err)
        tap.thread.join()


def test_what_was_overheard_and_said_again_gets_nowhere(remote: str, keys: Path) -> None:
    """All that Ping said in a game, the hello first, is played back to a new listener."""
    options = ("--delay", "0")
    with listening(remote, keys, *options) as (pong, port):
        tap = Tap(port)
        with calling(remote, keys, f"127.0.0.1:{tap.port}", *options) as ping:
            check_end(ping, "Ping")
            check_end(pong, "Pong")
        tap.thread.join()
    assert len(tap.said) > 1000
    play_among(remote, [says(tap.said)], keys, keys)
