"""Run the programs of ``examples/`` as their users do, and look at them from outside."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from processes import remove_folder, workers_of

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT_S = 30.0


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, str(EXAMPLES / program), *map(str, arguments)]


def run(
    program: str, *arguments: object, stdin: str = "", status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, which must have this status and no traceback."""
    done = subprocess.run(
        command(program, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        errors="surrogateescape",
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, done.stderr
    return done


class Running:
    """A program that is running, in a process group of its own, as a terminal would have it.

    It has a temporary folder of its own, too.
    """

    def __init__(self, program: str, *arguments: object, **environment: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="ipc")
        self.popen = subprocess.Popen(
            command(program, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
            process_group=0,
            env=os.environ | {"TMPDIR": self.folder} | environment,
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self.popen:
            if self.popen.poll() is None:
                self.popen.kill()
        remove_folder(self.folder, self.popen.returncode)

    def line(self) -> str:
        """The next line of standard output."""
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().rstrip("\n")

    def complaint(self) -> str:
        """The next line of standard error."""
        assert self.popen.stderr is not None
        return self.popen.stderr.readline().rstrip("\n")

    def say(self, text: str) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(text)
        self.popen.stdin.flush()

    def close_input(self) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        self.popen.stdin = None

    def end(self, status: int) -> tuple[str, str]:
        """What else it prints, once it has ended with this status and no traceback."""
        out, err = self.popen.communicate(timeout=LIMIT_S)
        assert "Traceback" not in err, err
        assert self.popen.returncode == status, err
        return out, err

    def children(self) -> list[int]:
        """The processes that it has started itself, in the order of their ids."""
        tasks = Path(f"/proc/{self.popen.pid}/task").glob("*/children")
        return sorted(int(pid) for task in tasks for pid in task.read_text().split())

    def workers(self) -> list[int]:
        """The processes that do its work, in the order of their ids."""
        return workers_of(self.popen.pid)

    def until_started(self, workers: int) -> list[int]:
        """Wait until it has so many workers, twice the same: a server looks like one at first."""
        seen: list[int] = []

        def are_there() -> bool:
            nonlocal seen
            before, seen = seen, self.workers()
            return seen == before and len(seen) >= workers

        until(are_there)
        return seen

    def interrupt(self, whom: str) -> None:
        """Ctrl-C for its process group, or for itself alone."""
        if whom == "group":
            os.killpg(self.popen.pid, signal.SIGINT)
        else:
            self.popen.send_signal(signal.SIGINT)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.005)


def open_files(pid: int) -> list[str]:
    """The paths that a process has open."""
    paths = []
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            paths.append(os.readlink(link))
        except OSError:
            continue
    return paths


def on_terminal(program: str, *arguments: object, stdin: str = "", **environment: str) -> str:
    """What it writes to standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with subprocess.Popen(
        command(program, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=os.environ | environment,
        text=True,
    ) as popen:
        assert popen.stdin is not None
        popen.stdin.write(stdin)
        popen.stdin.close()
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 2**16):
                shown += chunk
        except OSError:  # how Linux says that nobody has the terminal open any more
            pass
        finally:
            os.close(ours)
    assert popen.returncode == 0, shown
    return shown.decode()
