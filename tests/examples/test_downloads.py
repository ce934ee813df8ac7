"""The downloads: whole or not at all, at the same time or not, and what is said when they fail."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from programs import EXAMPLES, command, interrupt

from driver import Running, run

pytestmark = pytest.mark.part

PROGRAMS = {
    "download_asyncio.py": [],
    "download_futures.py": ["--by", "threads"],
    "download_in_turn.py": [],
    "download_processes.py": [],
    "download_thread_class.py": [],
    "download_threads.py": [],
}
WITH_PROCESSES = {"download_processes.py": [], "download_futures.py": ["--by", "processes"]}
WITH_THREADS = ["download_futures.py", "download_thread_class.py", "download_threads.py"]
ONE_AFTER_ANOTHER = "download_in_turn.py"
EVERY_WAY = [*PROGRAMS.items(), *list(WITH_PROCESSES.items())[1:]]
CONTENT = bytes(range(256)) * 100


class Files(BaseHTTPRequestHandler):
    """A file in its whole length, cut off, or held back until it is let go."""

    let_go: threading.Event

    def do_GET(self) -> None:
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        if self.path.startswith("/held"):
            self.let_go.wait()
        if not self.path.startswith("/cut"):
            self.wfile.write(CONTENT[1000:])

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    Files.let_go = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            Files.let_go.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("program", "options"), EVERY_WAY)
def test_files_arrive_whole(program: str, options: list[str], tmp_path: Path) -> None:
    with serving() as host:
        urls = [f"{host}/a/../one.bin", f"{host}/two.bin?x=1"]
        done = run(*command(program, *options, *urls), cwd=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "one.bin": CONTENT,
        "two.bin": CONTENT,
    }
    said = done.stdout.splitlines()
    assert sorted(said[:-1]) == sorted(
        f"{name}: {what}"
        for name in ("one.bin", "two.bin")
        for what in ("begins", f"complete, {len(CONTENT)} bytes")
    )
    assert re.fullmatch(r"Total \d+\.\d\d s, waits \d+\.\d\d s\.", said[-1])
    assert done.stderr == ""


@pytest.mark.parametrize(("program", "options"), EVERY_WAY)
def test_what_fails_is_said_and_the_rest_arrives(
    program: str, options: list[str], tmp_path: Path
) -> None:
    with serving() as host, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # has a port, does not listen: it refuses
        refused = f"http://127.0.0.1:{deaf.getsockname()[1]}/refused"
        urls = [f"{host}/missing", f"{host}/cut", refused, f"{host}/whole"]
        done = run(*command(program, *options, *urls), cwd=tmp_path, status=1)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    complaints = sorted(line.partition(": ")[0] for line in done.stderr.splitlines())
    assert complaints == ["cut", "missing", "refused"]
    assert all(": failed: " in line for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    ("program", "options"), [each for each in EVERY_WAY if each[0] != ONE_AFTER_ANOTHER]
)
def test_both_are_on_their_way_at_once(program: str, options: list[str], tmp_path: Path) -> None:
    with (
        serving() as host,
        Running(*command(program, *options, f"{host}/held1", f"{host}/held2"), cwd=tmp_path) as it,
    ):
        assert {it.line(), it.line()} == {"held1: begins", "held2: begins"}
        Files.let_go.set()
        out, err = it.end(0)
    assert out.count("complete") == 2
    assert err == ""


@pytest.mark.parametrize("whom", ["group", "parent"])
@pytest.mark.parametrize(("program", "options"), EVERY_WAY)
def test_ctrl_c(program: str, options: list[str], whom: str, tmp_path: Path) -> None:
    with (
        serving() as host,
        Running(*command(program, *options, f"{host}/held1", f"{host}/held2"), cwd=tmp_path) as it,
    ):
        it.out.until("begins\n")
        if program != ONE_AFTER_ANOTHER:
            it.out.until("begins\n")
        interrupt(it, whom)
        assert it.end(130)[1] == ""
    assert list(tmp_path.iterdir()) == []


INTERRUPTED_AS_IT_BEGINS_TO_WAIT = """
import runpy, signal, sys, threading
plain = threading.Condition.__init__
def init(self, lock=None):
    plain(self, lock)
    release = self._release_save
    def release_and_interrupt():
        state = release()
        if threading.current_thread() is threading.main_thread():
            signal.raise_signal(signal.SIGINT)
        return state
    self._release_save = release_and_interrupt
threading.Condition.__init__ = init
sys.setswitchinterval(10)  # a thread that is started does not run before it is waited for
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("program", WITH_THREADS)
def test_ctrl_c_at_the_worst_moment(program: str, tmp_path: Path) -> None:
    """Where KeyboardInterrupt would break what the threads have in common."""
    python, *words = command(program)
    with serving() as host:
        words = ["-c", INTERRUPTED_AS_IT_BEGINS_TO_WAIT, words[-1], f"{host}/held1"]
        assert run(python, *words, cwd=tmp_path, status=130).stderr == ""


@pytest.mark.parametrize(("program", "options"), WITH_PROCESSES.items())
def test_nobody_outlives_a_killed_program(program: str, options: list[str], tmp_path: Path) -> None:
    with (
        serving() as host,
        Running(*command(program, *options, f"{host}/held1", f"{host}/held2"), cwd=tmp_path) as it,
    ):
        it.out.until("begins\n(?s:.)*begins\n")
        it.kill()
        it.end(-signal.SIGKILL)  # once nobody has its output open any more


@pytest.mark.parametrize(("program", "options"), WITH_PROCESSES.items())
def test_a_killed_worker_is_said(program: str, options: list[str], tmp_path: Path) -> None:
    with (
        serving() as host,
        Running(*command(program, *options, f"{host}/held1", f"{host}/held2"), cwd=tmp_path) as it,
    ):
        it.out.until("begins\n(?s:.)*begins\n")
        os.kill(it.until_started(2)[0], signal.SIGKILL)
        assert it.complaint().startswith("failed: a process died")
        Files.let_go.set()
        it.end(1)


def test_the_server_hands_its_addresses_to_a_command(tmp_path: Path) -> None:
    quick = ["--seconds", "0.01", "0.02", "python", str(EXAMPLES / "download_threads.py")]
    done = run(*command("slow_server.py", *quick), cwd=tmp_path)
    assert done.stdout.count("complete, 200000 bytes") == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_the_server_alone_serves_until_ctrl_c(tmp_path: Path) -> None:
    with Running(*command("slow_server.py", "--seconds", "0.01", "0.02")) as server:
        urls = [server.line(), server.line()]
        run(*command("download_in_turn.py", *urls), cwd=tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
        interrupt(server)
        server.end(130)
