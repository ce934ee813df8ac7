"""What a look sees, what it leaves alone, and what it says where it may not see."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from driver import CODE, until

pytest.importorskip("psutil", reason="processes are looked at with it")
if sys.platform != "linux":
    pytest.skip("diagnose takes Linux", allow_module_level=True)

from waiting_programs import FOLDER, ready, started, until_it_sleeps

from ipc_cookbook.diagnose import HUNG, LIKELY, NONE, diagnose, stacks
from ipc_cookbook.diagnose.process import Process
from ipc_cookbook.diagnose.sockets import sockets_of
from ipc_cookbook.diagnose.telling import told

pytestmark = pytest.mark.part

SECONDS = 0.3
JOIN, BOTH_SEND = (FOLDER / "hung" / f"{name}.py" for name in ("join_before_drain", "both_send"))
IDLE_POOL = FOLDER / "healthy" / "idle_pool.py"


@contextmanager
def hanging(path: Path = JOIN, start_method: str = "spawn") -> Iterator[int]:
    with started(path, start_method) as program:
        until(lambda: diagnose(program.pid, seconds=0.2).findings)
        yield program.pid


def counters(pid: int) -> list[str]:
    """How often it was given a CPU, and taken one, in all of its threads."""
    return [
        line
        for path in sorted(Path(f"/proc/{pid}/task").glob("*/status"))
        for line in path.read_text().splitlines()
        if "ctxt_switches" in line
    ]


def test_nothing_is_stopped_or_woken() -> None:
    """Not even for a moment: a thread that was stopped would have come to run again."""
    with hanging() as pid:
        pids = [each.pid for each in diagnose(pid, seconds=SECONDS).processes]
        before = [counters(each) for each in pids]
        assert diagnose(pid, seconds=SECONDS).verdict == HUNG
        assert [counters(each) for each in pids] == before


def test_without_py_spy_less_comes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "py_spy", lambda: None)
    with hanging() as pid:
        diagnosis = diagnose(pid, seconds=SECONDS)
    assert diagnosis.verdict == HUNG
    assert diagnosis.findings[0].cause == "join before drain"
    assert any("pip install 'ipc_cookbook[diagnose]'" in note for note in diagnosis.notes)


def without_the_right(self: Process, thread: int) -> object:
    """As the kernel does it for who may not trace."""
    if self.state(thread) == "S":
        raise PermissionError
    return CALL(self, thread)


CALL: Callable[[Process, int], object] = Process.call


@pytest.mark.parametrize("path", [JOIN, BOTH_SEND, IDLE_POOL], ids=lambda path: path.stem)
def test_without_the_right_to_trace_it_is_at_most_likely(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = path is IDLE_POOL
    with ready(path, "spawn") if healthy else hanging(path) as pid:
        monkeypatch.setattr(Process, "call", without_the_right)
        monkeypatch.setattr(Process, "memory", lambda *_: b"")
        monkeypatch.setattr(stacks, "stacks_of", lambda _: {})
        diagnosis = diagnose(pid, seconds=SECONDS)
    assert diagnosis.verdict == (NONE if healthy else LIKELY)
    assert any("ptrace_scope" in note for note in diagnosis.notes)


def test_one_that_is_not_python() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        until_it_sleeps(cat.pid)
        diagnosis = diagnose(cat.pid, seconds=SECONDS)
        assert cat.stdin
        cat.stdin.close()
    assert diagnosis.verdict == NONE
    (process,) = (each for each in diagnosis.processes if each.pid == cat.pid)
    assert "waits to read from a pipe (fd 0)" in process.threads[0].waits
    assert process.threads[0].waits_for == [os.getpid()]
    assert not diagnosis.notes


def test_processes_come_and_go() -> None:
    """A program that always starts others is looked at as often as that may fail."""
    program = "import subprocess\nwhile True: subprocess.run(['true'])"
    with subprocess.Popen([*CODE, program]) as running:
        try:
            for _ in range(20):
                assert diagnose(running.pid, seconds=0.01).verdict == NONE
        finally:
            running.kill()


@pytest.mark.parametrize("pid", [-1, 0, 2**31 - 1])
def test_no_such_process(pid: int) -> None:
    with pytest.raises(ValueError, match=f"no process with the id {pid}"):
        diagnose(pid)


def test_this_process() -> None:
    with pytest.raises(ValueError, match="is the one that looks"):
        diagnose(os.getpid())


def test_a_thread_of_a_process() -> None:
    with ready(IDLE_POOL, "spawn") as pid:
        thread = max(map(int, os.listdir(f"/proc/{pid}/task")))
        with pytest.raises(ValueError, match=f"{thread} is a thread of process {pid}"):
            diagnose(thread)


def test_one_that_has_ended() -> None:
    with subprocess.Popen([*CODE, ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ValueError, match="has ended"):
            diagnose(ended.pid)


def test_one_that_ends_meanwhile() -> None:
    with subprocess.Popen(["sleep", "0.2"]) as ending, pytest.raises(ValueError, match="has ended"):
        diagnose(ending.pid, seconds=1)


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_seconds_out_of_range(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be more than 0"):
        diagnose(os.getpid(), seconds=seconds)


def test_no_process_at_all() -> None:
    with pytest.raises(ValueError, match="must be a process id"):
        diagnose()


as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"),
    reason="it takes root, unshare and setpriv",
)


@as_root
def test_another_users_process(tmp_path: Path) -> None:
    """The one who looks is nobody; the process is root's."""
    command = ["setpriv", "--reuid=65534", "--clear-groups", *CODE]
    look = "import sys\nfrom ipc_cookbook.diagnose.process import Process\n"
    look += "print(Process(int(sys.argv[1]), 0).is_readable)"
    reads_here = subprocess.run([*command, "pass"], capture_output=True).returncode == 0
    if not reads_here:
        pytest.skip("nobody may not run this Python")
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        try:
            done = subprocess.run([*command, look, str(sleeping.pid)], capture_output=True)
        finally:
            sleeping.kill()
    assert done.stdout == b"False\n", done.stderr


@as_root
def test_a_program_in_namespaces_of_its_own() -> None:
    """A container's processes have other numbers inside, and another network."""
    command = ["unshare", "--pid", "--net", "--mount-proc", "--fork", "--kill-child"]
    path = FOLDER / "hung" / "half_a_line.py"
    up = "ip link set lo up"
    if not shutil.which("ip"):
        pytest.skip("ip (iproute2) is not installed")
    inner = f"{up} && exec {sys.executable} {path}"
    with subprocess.Popen([*command, "sh", "-c", inner], stdin=subprocess.DEVNULL) as outer:
        try:
            until(lambda: diagnose(outer.pid, seconds=0.2).findings)
            diagnosis = diagnose(outer.pid, seconds=SECONDS)
        finally:
            outer.kill()
    assert diagnosis.findings[0].cause == "both receive"
    assert any(
        "half_a_line.py" in thread.where for each in diagnosis.processes for thread in each.threads
    )


def test_many_that_are_alike_are_told_once() -> None:
    program = """
from multiprocessing import Lock, Process
def work(lock):
    lock.acquire()
if __name__ == "__main__":
    lock = Lock()
    lock.acquire()
    workers = [Process(target=work, args=(lock,)) for _ in range(30)]
    for worker in workers:
        worker.start()
    print("ready", flush=True)
    workers[0].join()
"""
    with subprocess.Popen(
        [*CODE, program], stdout=subprocess.PIPE, start_new_session=True
    ) as running:
        try:
            assert running.stdout
            running.stdout.readline()
            until(lambda: diagnose(running.pid, seconds=0.2).verdict == HUNG)
            diagnosis = diagnose(running.pid, seconds=SECONDS)
        finally:
            os.killpg(running.pid, signal.SIGKILL)
    assert len(diagnosis.processes) == 31
    assert re.search(r"and 27 more \(children of \d+\), alike", told(diagnosis))
    assert any("were asked for stacks" in note for note in diagnosis.notes)


def test_the_ends_of_sockets() -> None:
    """Who has the other end, and how much lies unread there."""
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as listener:
        ours.send(b"12345")
        with socket.create_connection(listener.getsockname()) as client:
            client.send(b"123")
            found = sockets_of(os.getpid())
            at = {each: found[os.fstat(each.fileno()).st_ino] for each in (ours, theirs, client)}
            inode = os.fstat(client.fileno()).st_ino
            assert inode in found[os.fstat(listener.fileno()).st_ino].waiting
            with listener.accept()[0]:
                taken = sockets_of(os.getpid())
                assert taken[taken[inode].peer].unread == 3
    assert at[ours].peer == at[theirs].inode
    assert at[theirs].peer == at[ours].inode
    assert at[theirs].unread == 5
    assert not at[ours].unread
