"""The log collector: whole records of many senders, and nothing from a bad one."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from programs import command, interrupt

from driver import Running, until

PROGRAM = "socket_log_collector.py"
SAYS = "Listening at "
LARGEST = 2**20


@contextmanager
def collecting(path: Path) -> Iterator[tuple[Running, str]]:
    """The collector, and its address. Ctrl-C ends it."""
    with Running(*command(PROGRAM, path)) as collector:
        yield collector, collector.complaint().removeprefix(SAYS)
        interrupt(collector)
        collector.end(130)


def records(path: Path) -> list[dict[str, Any]]:
    """What is in the file, each line of which must be a record."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), 10)


def line(message: str) -> bytes:
    return json.dumps({"message": message}).encode() + b"\n"


def test_many_senders_and_one_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [f"{number} äöü \x00 {'x' * number}" for number in range(300)]
    with collecting(path) as (_, address):
        senders = [Running(*command(PROGRAM, "--to", address)) for _ in range(4)]
        for sender in senders:
            with sender:
                sender.say("".join(f"{line}\n" for line in lines))
                assert sender.end(0) == ("", "")
        until(lambda: len(records(path)) == 4 * 300)
    for sender in senders:
        mine = [record for record in records(path) if record["pid"] == sender.pid]
        assert [record["message"] for record in mine] == lines
        assert {(record["level"], record["name"]) for record in mine} == {("INFO", "stdin")}


def test_they_write_at_the_same_time_and_none_waits_for_a_silent_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with collecting(path) as (_, address):  # noqa: SIM117
        with connect(address), connect(address) as first, connect(address) as second:
            for number in range(50):
                first.sendall(line(f"first {number}"))
                second.sendall(line(f"second {number}"))
            until(lambda: len(records(path)) == 100)
    messages = [record["message"] for record in records(path)]
    for name in ("first", "second"):
        mine = [message for message in messages if message.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(50)]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (line("half a record")[:-1], "cut off, or too large"),
        (b"[" * 100_000 + b"\n", "recursion"),
        (b"no JSON\n", "Expecting value"),
        (b"\xff\xfe\n", "codec can't decode"),
        (b"1" * (LARGEST + 1), "cut off, or too large"),
    ],
)
def test_a_bad_sender_spoils_its_own_connection_alone(
    sent: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    with collecting(path) as (collector, address), connect(address) as good:
        with connect(address) as bad:
            bad.sendall(line("before") + sent)
            bad.shutdown(socket.SHUT_WR)
            assert reason in collector.complaint()
        good.sendall(line("good"))
        until(lambda: len(records(path)) == 2)
    assert [record["message"] for record in records(path)] == ["before", "good"]


def test_records_go_on_where_the_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for number in range(2):
        with collecting(path) as (_, address):
            with Running(*command(PROGRAM, "--to", address)) as sender:
                sender.say(f"{number}\n")
                sender.end(0)
            until(lambda: len(records(path)) > number)  # noqa: B023
    assert [record["message"] for record in records(path)] == ["0", "1"]


def test_a_killed_collector_holds_nobody_up(tmp_path: Path) -> None:
    with Running(*command(PROGRAM, tmp_path / "log")) as collector:
        address = collector.complaint().removeprefix(SAYS)
        with Running(*command(PROGRAM, "--to", address)) as sender:
            sender.say("one\n")
            until(lambda: len(records(tmp_path / "log")) == 1)
            collector.kill()
            sender.say("two\nthree\nfour\n")
            assert sender.end(0) == ("", "")
        collector.end(-signal.SIGKILL)
