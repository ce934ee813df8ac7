"""Drive programs as their users do, and look at them from outside.

:func:`run` waits for a program's end. :class:`Running` is one that goes on meanwhile: it can be
read from, spoken to, interrupted and killed. Both check the status, and that no traceback is shown.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from processes import workers_of
from streams import LIMIT_S, Stream, fill, open_terminals

COOKBOOK = (sys.executable, "-m", "ipc_cookbook")
CODE = (sys.executable, "-c")
CHANGING_OUTPUT = ("NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "PYTHONUNBUFFERED")

Environment = Mapping[str, str | None]
"""Variables to add, or, where there is None, to take away."""


def environment(changes: Environment) -> dict[str, str]:
    """That of these tests, without what would change output or buffering."""
    plain = dict.fromkeys(CHANGING_OUTPUT)
    changed = {**os.environ, **plain, "TERM": "xterm", **changes}
    return {name: text for name, text in changed.items() if text is not None}


def check(
    out: str | None, err: str, status: int, expected: Collection[int], traceback: bool | None
) -> None:
    """Whether a program has ended as expected.

    :param traceback: whether one is to be shown; None if that is left open.
    """
    assert status in expected, f"status {status}: {out}{err}"
    assert traceback in (None, "Traceback (most recent call last)" in err), err


def run(
    *command: object,
    status: int | tuple[int, ...] = 0,
    traceback: bool | None = False,
    stdin: str = "",
    stdout: int | IO[str] | IO[bytes] = subprocess.PIPE,
    env: Environment | None = None,
    cwd: Path | None = None,
    limit_s: float = LIMIT_S,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, which must have this status, or one of these.

    :param stdin: what it reads.
    :param stdout: where it writes to, if not to the result.
    """
    done = subprocess.run(
        [*map(str, command)],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
        env=environment(env or {}),
        cwd=cwd,
        timeout=limit_s,
        check=False,
    )
    statuses = (status,) if isinstance(status, int) else status
    check(done.stdout, done.stderr, done.returncode, statuses, traceback)
    return done


def can_run(*command: str) -> bool:
    """Whether it is there, and ends well."""
    try:
        run(*command)
    except (OSError, AssertionError):
        return False
    return True


class Running:
    """A program that is running, in a session and a process group of its own.

    Its temporary folder, too, is its own; it must leave nothing there.

    :param terminals: which of ``stdout`` and ``stderr`` are a terminal, each one of its own.
    :param is_tidy: if not, it may leave files, since it is killed where it has some.
    :ivar out: its standard output.
    :ivar err: its standard error.
    """

    def __init__(
        self,
        *command: object,
        env: Environment | None = None,
        cwd: Path | None = None,
        terminals: Collection[str] = (),
        is_tidy: bool = True,
    ) -> None:
        self.is_tidy = is_tidy
        self.folder = tempfile.mkdtemp(prefix="ipc")
        ours, theirs = open_terminals(terminals)
        self.popen = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.PIPE,
            stdout=theirs.get("stdout", subprocess.PIPE),
            stderr=theirs.get("stderr", subprocess.PIPE),
            start_new_session=True,
            env=environment({"TMPDIR": self.folder, **(env or {})}),
            cwd=cwd,
        )
        for descriptor in theirs.values():
            os.close(descriptor)
        self.out = Stream(ours.get("stdout") or self.popen.stdout)
        self.err = Stream(ours.get("stderr") or self.popen.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        """Kill it. What it has started must end by itself, unless the test has failed already."""
        if failure:
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
        self.popen.kill()
        self.popen.wait()
        self.close_input()
        self.out.close()
        self.err.close()
        self.remove_folder(anything=bool(failure) or not self.is_tidy)

    def remove_folder(self, *, anything: bool) -> None:
        """One that was killed could not remove the folder of its fork server."""
        if anything:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        if self.popen.returncode == -signal.SIGKILL:
            for servers in Path(self.folder).glob("pymp-*"):
                shutil.rmtree(servers)
        os.rmdir(self.folder)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def has_ended(self) -> bool:
        return self.popen.poll() is not None

    def line(self) -> str:
        """The next line of standard output."""
        return self.out.line()

    def complaint(self) -> str:
        """The next line of standard error."""
        return self.err.line()

    def say(self, text: str) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(text.encode("utf-8", "surrogateescape"))
        self.popen.stdin.flush()

    def close_input(self) -> None:
        if self.popen.stdin:
            with suppress(BrokenPipeError):  # of what it did not want to hear
                self.popen.stdin.close()
            self.popen.stdin = None

    def end(
        self, *statuses: int, traceback: bool | None = False, limit_s: float = LIMIT_S
    ) -> tuple[str, str]:
        """What else it writes, once it has ended with one of these statuses."""
        deadline = time.monotonic() + limit_s
        self.close_input()
        while streams := [stream for stream in (self.out, self.err) if stream.is_open]:
            fill(streams, deadline)
        status = self.popen.wait(max(0.0, deadline - time.monotonic()))
        check(self.out.text, self.err.text, status, statuses, traceback)
        return self.out.rest(), self.err.rest()

    def signal(self, number: int, whom: str = "group") -> None:
        """Send one to its process group, or to the ``parent`` alone."""
        {"group": os.killpg, "parent": os.kill}[whom](self.pid, number)

    def interrupt(self, whom: str = "group") -> None:
        """Ctrl-C; a terminal sends it to all of the group."""
        self.signal(signal.SIGINT, whom)

    def kill(self) -> None:
        """Kill the program alone, and see it dead."""
        self.popen.kill()
        self.popen.wait(LIMIT_S)

    def children(self) -> list[int]:
        """The processes that it has started itself, in the order of their ids."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        return sorted(int(pid) for task in tasks for pid in task.read_text().split())

    def workers(self) -> list[int]:
        """The processes that do its work, in the order of their ids."""
        return workers_of(self.pid)

    def until_started(self, workers: int) -> list[int]:
        """Wait until it has so many workers, twice the same: a server looks like one at first."""
        seen: list[int] = []

        def are_there() -> bool:
            nonlocal seen
            before, seen = seen, self.workers()
            return seen == before and len(seen) >= workers

        until(are_there)
        return seen


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.005)
