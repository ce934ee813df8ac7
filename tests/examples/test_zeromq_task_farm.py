from __future__ import annotations

import math
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
import zmq
from programs import Running, cpu_s, run, until

PROGRAM = "zeromq_task_farm.py"
SAYS = "The farm is at "
SLOW = 10**14 + 31  # a prime number: some tenths of a second


def address_of(farm: Running) -> str:
    return farm.complaint().removeprefix(SAYS)


def test_in_the_order_of_the_lines(start_method: str) -> None:
    numbers = [*range(2, 60), SLOW - 31, 97, 2**40]
    text = "".join(f"{number}\n" for number in numbers)
    done = run(PROGRAM, "-", "--workers", 3, "--start-method", start_method, stdin=text)
    lines = done.stdout.splitlines()
    assert [int(line.partition(":")[0]) for line in lines] == numbers
    for line in lines:
        number, _, factors = line.partition(": ")
        assert math.prod(map(int, factors.split())) == int(number)
    assert lines[:4] == ["2: 2", "3: 3", "4: 2 2", "5: 5"]
    assert done.stderr.count("\n") == 1


def test_bad_lines_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(b"6\nsix\n\n-3\n1\n\xff\n" + b"9" * 5000 + b"\n15\n")
    done = run(PROGRAM, path, status=1)
    assert done.stdout == "6: 2 3\n15: 3 5\n"
    reported = done.stderr.splitlines()[1:]
    assert [line.partition(":")[0] for line in reported] == [f"line {n}" for n in range(2, 8)]


def test_no_tasks(tmp_path: Path) -> None:
    assert run(PROGRAM, "-", stdin="").stdout == ""
    assert "No such file" in run(PROGRAM, tmp_path / "nothing", status=1).stderr


def test_a_killed_worker_is_replaced_and_its_task_done_by_another() -> None:
    with Running(PROGRAM, "-", "--workers", 1, "--lease", 2, "--tries", 9) as farm:
        assert farm.popen.stdin is not None
        farm.say(f"{SLOW}\n6\n")
        farm.popen.stdin.close()
        farm.popen.stdin = None
        (worker,) = farm.until_started(1)
        until(lambda: cpu_s(worker) > 0.15)
        os.kill(worker, signal.SIGKILL)
        out, err = farm.end(0)
    assert out == f"{SLOW}: {SLOW}\n6: 2 3\n"
    assert f"worker {worker} was killed by SIGKILL\n" in err
    assert "line 1 was not answered in time\n" in err


def test_a_task_that_nobody_can_do_is_given_up() -> None:
    done = run(PROGRAM, "-", "--lease", 0.2, "--tries", 2, stdin=f"{10**24 + 7}\n21\n", status=1)
    assert done.stdout == "21: 3 7\n"
    assert done.stderr.endswith("line 1: given up after 2 tries\n")


def test_workers_come_and_go(tmp_path: Path) -> None:
    """One is killed over a task; the farm waits for whoever comes next."""
    path = tmp_path / "numbers"
    path.write_text(f"{10**24 + 7}\n")
    with Running(PROGRAM, path, "--workers", 0, "--lease", 0.3, "--tries", 2) as farm:
        address = address_of(farm)
        with Running(PROGRAM, "--join", address) as first:
            assert farm.complaint() == "line 1 was not answered in time"
            first.popen.kill()
            first.end(-signal.SIGKILL)
        with Running(PROGRAM, "--join", address):
            _, err = farm.end(1)
    assert err.endswith("line 1: given up after 2 tries\n")


def test_a_worker_is_told_when_there_is_no_more(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_text("6\n10\n")
    with Running(PROGRAM, path, "--workers", 0) as farm:
        with Running(PROGRAM, "--join", address_of(farm)) as worker:
            assert worker.end(0) == ("", "")
        assert farm.end(0)[0] == "6: 2 3\n10: 2 5\n"


def test_a_worker_leaves_when_the_farm_has_died(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_text(f"{10**24 + 7}\n")
    with ExitStack() as stack:
        farm = stack.enter_context(Running(PROGRAM, path, "--workers", 0, TMPDIR=str(tmp_path)))
        address = address_of(farm)
        busy = Client(address, stack)
        busy.take()
        worker = stack.enter_context(Running(PROGRAM, "--join", address))
        until(
            lambda: (
                cpu_s(worker.popen.pid) > 0
                and len(os.listdir(f"/proc/{worker.popen.pid}/task")) > 1
            )
        )
        farm.popen.kill()
        farm.end(-signal.SIGKILL)
        assert worker.end(1) == ("", "the farm has gone\n")


class Client:
    """A worker in the hands of a test."""

    def __init__(self, address: str, stack: ExitStack) -> None:
        self.socket = stack.enter_context(zmq.Context()).socket(zmq.REQ)
        stack.enter_context(self.socket)
        self.socket.linger = 0
        self.socket.rcvtimeo = 20_000
        self.socket.connect(address)
        self.answer(b"", b"")

    def take(self) -> list[bytes]:
        return self.socket.recv_multipart()

    def answer(self, number: bytes, result: bytes) -> None:
        self.socket.send_multipart([number, result, b""])


def test_a_task_done_twice_is_noticed_and_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_text("6\n10\n")
    with (
        Running(PROGRAM, path, "--workers", 0, "--lease", 0.3, "--tries", 99) as farm,
        ExitStack() as stack,
    ):
        address = address_of(farm)
        slow = Client(address, stack)
        assert slow.take() == [b"0", b"6"]
        quick = Client(address, stack)
        assert quick.take() == [b"1", b"10"]
        assert farm.complaint() == "line 1 was not answered in time"
        third = Client(address, stack)
        assert third.take() == [b"0", b"6"]
        third.answer(b"0", b"the first answer")
        assert third.take() == [b"1", b"10"]  # so the first answer has arrived
        slow.answer(b"0", b"the second answer")
        while (complaint := farm.complaint()) != "line 1 was done more than once":
            assert complaint in (
                "line 1 was not answered in time",
                "line 2 was not answered in time",
            )
        quick.answer(b"1", b"2 5")
        out, _ = farm.end(0)
    assert out == "6: the first answer\n10: 2 5\n"


def test_without_pyzmq(tmp_path: Path) -> None:
    (tmp_path / "zmq.py").write_text("raise ImportError")
    with Running(PROGRAM, "-", PYTHONPATH=str(tmp_path)) as running:
        _, err = running.end(3)
    assert err == "zeromq_task_farm.py needs pyzmq: python -m pip install pyzmq\n"


@pytest.mark.parametrize("address", ["nonsense", "ipc:///nowhere/farm", "tcp://127.0.0.1:1"])
def test_there_is_no_such_farm(address: str) -> None:
    done = run(PROGRAM, "--join", address, status=1)
    assert done.stderr.count("\n") == 1
