from __future__ import annotations

import json
import os
import signal
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from programs import Running, run, until

PROGRAM = "socket_log_collector.py"
SAYS = "Listening at "


def frame(message: str) -> bytes:
    body = json.dumps({"message": message}).encode()
    return struct.pack("!I", len(body)) + body


def records(path: Path) -> list[dict[str, Any]]:
    """What is in the file, each line of which must be a record."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def address_of(collector: Running) -> str:
    return collector.complaint().removeprefix(SAYS)


def connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), 10)


def test_many_senders_and_one_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    names = [f"sender {number}" for number in range(4)]
    lines = [f"{number} äöü \x00 {'x' * number}" for number in range(300)]
    with Running(PROGRAM, path, "--senders", 4) as collector:
        address = address_of(collector)
        senders = [Running(PROGRAM, "--to", address, "--name", name) for name in names]
        for sender in senders:
            with sender:
                sender.say("".join(f"{line}\n" for line in lines))
                assert sender.end(0) == ("", "")
        assert collector.end(0) == ("", "")
    kept = records(path)
    assert len(kept) == 4 * 300
    for name, sender in zip(names, senders, strict=True):
        mine = [record for record in kept if record["name"] == name]
        assert [record["message"] for record in mine] == lines
        assert {record["pid"] for record in mine} == {sender.popen.pid}
        assert {record["level"] for record in mine} == {"INFO"}
        assert sorted(record["time"] for record in mine) == [record["time"] for record in mine]


def test_they_write_at_the_same_time_and_none_waits_for_a_silent_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Running(PROGRAM, path, "--senders", 3) as collector:
        address = address_of(collector)
        with connect(address), connect(address) as first, connect(address) as second:
            for number in range(50):
                first.sendall(frame(f"first {number}"))
                second.sendall(frame(f"second {number}"))
            for sender in (first, second):
                sender.shutdown(socket.SHUT_WR)
                assert sender.makefile("rb").read() == struct.pack("!Q", 50)
        assert collector.end(0) == ("", "")
    messages = [record["message"] for record in records(path)]
    for name in ("first", "second"):
        mine = [message for message in messages if message.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(50)]


BAD_ENDS = [
    (frame("half a record")[:2], "ended in the middle of a record"),
    (frame("half a record")[:4], "ended in the middle of a record"),
    (frame("half a record")[:-1], "ended in the middle of a record"),
    (b"\xff\xff\xff\xff", "announced a record of 4294967295 bytes"),
    (b"GET / HTTP/1.0\r\n\r\n", "announced a record of 1195725856 bytes"),
    (b"\0\0\0\1{", "Expecting property name"),
    (b"\0\0\0\1\xff", "'utf-8' codec can't decode"),
    (b"\0\0\x4e\x20" + b"[" * 20000, ""),
]


def test_what_a_bad_sender_sent_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Running(PROGRAM, path, "--senders", 1 + len(BAD_ENDS)) as collector:
        address = address_of(collector)
        with connect(address) as good:
            for last, reported in BAD_ENDS:
                good.sendall(frame("good"))
                with connect(address) as bad:
                    for number in range(3):
                        bad.sendall(frame(f"bad {number}"))
                    bad.sendall(last)
                    bad.shutdown(socket.SHUT_WR)
                    assert bad.makefile("rb").read() == b""
                    name = "{}:{}".format(*bad.getsockname())
                complaint = collector.complaint()
                assert complaint.startswith(f"{name}: {reported}")
                assert complaint.endswith("; 3 records before that are kept")
        assert collector.end(0) == ("", "")
    messages = [record["message"] for record in records(path)]
    assert sorted(messages) == sorted(["bad 0", "bad 1", "bad 2", "good"] * len(BAD_ENDS))


def test_a_killed_sender(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with (
        Running(PROGRAM, path, "--senders", 2) as collector,
        Running(PROGRAM, "--to", address := address_of(collector)) as sender,
    ):
        sender.say("".join(f"{number}\n" for number in range(5)))
        sender.say("x" * 300_000)  # a line that has no end yet
        until(lambda: path.exists() and len(records(path)) == 5)
        os.kill(sender.popen.pid, signal.SIGKILL)
        sender.popen.wait()
        assert run(PROGRAM, "--to", address, stdin="a later one\n").stderr == ""
        collector.end(0)
    assert [record["message"] for record in records(path)] == [*"01234", "a later one"]


def test_the_file_grows_and_lines_in_a_record_stay_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"message": "old"}\n')
    with Running(PROGRAM, path, "--senders", 1) as collector:
        with connect(address_of(collector)) as sender:
            sender.sendall(frame('two\nlines and "quotes"'))
        collector.end(0)
    assert [record["message"] for record in records(path)] == ["old", 'two\nlines and "quotes"']


def test_a_sender_says_when_the_collector_has_gone(tmp_path: Path) -> None:
    with (
        Running(PROGRAM, tmp_path / "log") as collector,
        Running(PROGRAM, "--to", address_of(collector)) as sender,
    ):
        sender.say("one\n" * 10)
        until(lambda: len(records(tmp_path / "log")) == 10)
        collector.popen.kill()
        collector.popen.wait()
        sender.say("two\n" * 10000)
        _, err = sender.end(1)
    assert err == "0 of 10010 records are known to be written\n"


def test_too_large_a_record_is_left_out_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Running(PROGRAM, path, "--senders", 1) as collector:
        text = f"before\n{'x' * 2**20}\nafter\n"
        done = run(PROGRAM, "--to", address_of(collector), stdin=text, status=1)
        collector.end(0)
    assert [record["message"] for record in records(path)] == ["before", "after"]
    lost, known = done.stderr.splitlines()
    assert lost.startswith("A log record is lost: a record of ")
    assert known == "2 of 3 records are known to be written"


def test_nobody_listens() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        done = run(PROGRAM, "--to", "{}:{}".format(*deaf.getsockname()), status=1)
    assert done.stderr == "[Errno 111] Connection refused\n"


def test_the_file_cannot_be_written(tmp_path: Path) -> None:
    done = run(PROGRAM, tmp_path, status=1)
    assert done.stderr == f"[Errno 21] Is a directory: '{tmp_path}'\n"


@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c_ends_the_collector_with_everything_written(whom: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Running(PROGRAM, path) as collector, connect(address_of(collector)) as sender:
        sender.sendall(frame("one") + frame("two"))
        until(lambda: len(records(path)) == 2)
        collector.interrupt(whom)
        assert collector.end(130) == ("", "")
    assert [record["message"] for record in records(path)] == ["one", "two"]
