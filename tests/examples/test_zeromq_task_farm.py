from __future__ import annotations

import math
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
import zmq
from programs import Running, run, until

PROGRAM, WORKER = "zeromq_task_farm.py", "zeromq_task_worker.py"
SAYS = "The farm is at "


def address_of(farm: Running) -> str:
    return farm.complaint().removeprefix(SAYS)


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """Two numbers to take the square root of."""
    path = tmp_path / "tasks"
    path.write_text("9\n16\n")
    return path


def test_in_the_order_of_the_lines(start_method: str) -> None:
    options = ["--workers", 3, "--start-method", start_method]
    done = run(PROGRAM, "math:factorial", "-", *options, stdin="".join(f"{n}\n" for n in range(99)))
    assert done.stdout == "".join(f"{n}: {math.factorial(n)}\n" for n in range(99))
    assert done.stderr.count("\n") == 1


def test_bad_lines_are_reported() -> None:
    done = run(PROGRAM, "math:sqrt", "-", stdin="4\nsix\n\n-3\n" + "9" * 5000 + "\n9\n", status=1)
    assert done.stdout == "4: 2.0\n9: 3.0\n"
    reported = done.stderr.splitlines()[1:]
    assert [line.partition(":")[0] for line in reported] == [f"line {n}" for n in range(2, 6)]
    with pytest.raises(ValueError, match=r".") as refused:
        math.sqrt(-3)
    assert reported[2] == f"line 4: ValueError: {refused.value}"  # as this Python words it


def test_no_tasks() -> None:
    assert run(PROGRAM, "math:sqrt", "-", stdin="").stdout == ""


def test_a_killed_worker_is_replaced_and_its_task_done_by_another(tmp_path: Path) -> None:
    """The first one who does the task takes for ever over it."""
    mark = tmp_path / "mark"
    task = f"'again' if __import__('os').path.exists({str(mark)!r}) else [open({str(mark)!r}, 'w')"
    task += ", __import__('time').sleep(60)]"
    with Running(PROGRAM, "builtins:eval", "-", "--workers", 1, "--lease", 1) as farm:
        farm.say(f"{task}\n6 * 7\n")
        farm.close_input()
        (worker,) = farm.until_started(1)
        until(mark.exists)
        os.kill(worker, signal.SIGKILL)
        out, err = farm.end(0)
    assert out == f"{task}: 'again'\n6 * 7: 42\n"
    assert f"worker {worker} was killed by SIGKILL\n" in err
    assert "line 1 was not answered in time\n" in err


def test_a_task_that_kills_its_workers_is_given_up() -> None:
    done = run(PROGRAM, "os:_exit", "-", "--lease", 0.2, "--tries", 2, stdin="3\nx\n", status=1)
    assert done.stderr.count("ended with status 3\n") == 2
    assert "line 1: given up after 2 tries\nline 2: TypeError" in done.stderr


def test_workers_come_and_go(tmp_path: Path) -> None:
    """One is killed over a task; the farm waits for whoever comes next."""
    path = tmp_path / "tasks"
    path.write_text("60\n")
    options = ["--workers", 0, "--lease", 0.3, "--tries", 2]
    with Running(PROGRAM, "time:sleep", path, *options) as farm:
        address = address_of(farm)
        with Running(WORKER, "time:sleep", address) as first:
            assert farm.complaint() == "line 1 was not answered in time"
            first.popen.kill()
            first.end(-signal.SIGKILL)
        with Running(WORKER, "time:sleep", address):
            _, err = farm.end(1)
    assert err.endswith("line 1: given up after 2 tries\n")


def test_a_worker_is_told_when_there_is_no_more(tasks: Path) -> None:
    with Running(PROGRAM, "math:sqrt", tasks, "--workers", 0) as farm:
        with Running(WORKER, "math:sqrt", address_of(farm)) as worker:
            assert worker.end(0) == ("", "")
        assert farm.end(0)[0] == "9: 3.0\n16: 4.0\n"


def test_a_worker_leaves_when_the_farm_has_died(tasks: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        farm = Running(PROGRAM, "math:sqrt", tasks, "--workers", 0, TMPDIR=str(tmp_path))
        stack.enter_context(farm)
        address = address_of(farm)
        for _ in range(2):  # nothing is left for the worker
            Client(address, stack).take()
        worker = stack.enter_context(Running(WORKER, "math:sqrt", address))
        until(lambda: len(os.listdir(f"/proc/{worker.popen.pid}/task")) > 1)
        farm.popen.kill()
        farm.end(-signal.SIGKILL)
        assert worker.end(1) == ("", "the farm has gone\n")


def test_ctrl_c_ends_a_worker(tasks: Path) -> None:
    with ExitStack() as stack:
        farm = stack.enter_context(Running(PROGRAM, "time:sleep", tasks, "--workers", 0))
        worker = stack.enter_context(Running(WORKER, "time:sleep", address_of(farm)))
        until(lambda: len(os.listdir(f"/proc/{worker.popen.pid}/task")) > 1)
        worker.interrupt("group")
        assert worker.end(130) == ("", "")
        farm.interrupt("group")
        farm.end(130)


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


def test_a_task_done_twice_is_noticed_and_counted_once(tasks: Path) -> None:
    options = ["--workers", 0, "--lease", 0.3, "--tries", 99]
    with Running(PROGRAM, "math:sqrt", tasks, *options) as farm, ExitStack() as stack:
        address = address_of(farm)
        slow = Client(address, stack)
        assert slow.take() == [b"0", b"9"]
        quick = Client(address, stack)
        assert quick.take() == [b"1", b"16"]
        assert farm.complaint() == "line 1 was not answered in time"
        third = Client(address, stack)
        assert third.take() == [b"0", b"9"]
        third.answer(b"0", b"the first answer")
        assert third.take() == [b"1", b"16"]  # so the first answer has arrived
        slow.answer(b"0", b"the second answer")
        while (complaint := farm.complaint()) != "line 1 was done more than once":
            assert complaint in (
                "line 1 was not answered in time",
                "line 2 was not answered in time",
            )
        quick.answer(b"1", b"4.0")
        out, _ = farm.end(0)
    assert out == "9: the first answer\n16: 4.0\n"


@pytest.mark.parametrize("program", [PROGRAM, WORKER])
def test_without_pyzmq(program: str, tmp_path: Path) -> None:
    (tmp_path / "zmq.py").write_text("raise ImportError")
    with Running(program, "math:sqrt", "-", PYTHONPATH=str(tmp_path)) as running:
        _, err = running.end(3)
    assert err == f"{program} needs pyzmq: python -m pip install pyzmq\n"


@pytest.mark.parametrize("address", ["nonsense", "ipc:///nowhere/farm"])
def test_there_is_no_such_farm(address: str) -> None:
    done = run(WORKER, "math:sqrt", address, status=1)
    assert done.stderr.count("\n") == 1
