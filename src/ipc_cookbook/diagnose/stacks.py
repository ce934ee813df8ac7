"""Where in its Python program a thread is: what py-spy says, without a stop."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from ipc_cookbook.diagnose.process import Process

LIMIT_S = 10.0
AT_ONCE = 4
STANDARD = re.compile(r"/lib/python3\.\d+t?/(?!site-packages)|^<|/site-packages/")
"""Files that the program did not bring."""


class Frame(NamedTuple):
    function: str
    file: str
    line: int


class Stack(NamedTuple):
    """A thread's name, and its frames, the innermost first."""

    name: str = ""
    frames: tuple[Frame, ...] = ()

    def is_in(self, function: str, file: str | tuple[str, ...]) -> bool:
        """Whether it is in this function of a file whose path ends so, or so."""
        return any(each.function == function and each.file.endswith(file) for each in self.frames)

    def where(self) -> str:
        """The program's own line, and what it calls there; "" if nothing is known."""
        own = next((each for each in self.frames if not STANDARD.search(each.file)), None)
        innermost = self.frames[0] if self.frames else None
        if innermost is None:
            return ""
        at = own or innermost
        calls = f", which calls {innermost.function}()" if innermost is not at else ""
        inside = f" in {at.function}()" if at.function != "<module>" else ""
        return f"{os.path.basename(at.file)}:{at.line}{inside}{calls}"


def py_spy() -> str | None:
    """Where the program is, None if it is not installed."""
    beside = os.path.join(sysconfig.get_path("scripts"), "py-spy")
    return shutil.which("py-spy") or (beside if os.access(beside, os.X_OK) else None)


def stacks_of(processes: Iterable[Process]) -> dict[tuple[int, int], Stack]:
    """The Python stacks, by process and thread; those that cannot be read are not there."""
    program = py_spy()
    ours = [each for each in processes if each.is_python]
    if program is None or not ours:
        return {}
    found: dict[tuple[int, int], Stack] = {}
    for at in range(0, len(ours), AT_ONCE):
        group = ours[at : at + AT_ONCE]
        running = [(process, start(program, process)) for process in group]
        for process, reading in running:
            found |= stacks_read(process, reading)
    return found


def start(program: str, process: Process) -> subprocess.Popen[bytes]:
    command = [program, "dump", "--json", "--nonblocking", "--full-filenames"]
    return subprocess.Popen(
        [*command, "--pid", str(process.pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def stacks_read(process: Process, reading: subprocess.Popen[bytes]) -> dict[tuple[int, int], Stack]:
    with reading:
        try:
            output, _ = reading.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            reading.kill()
            return {}
    with suppress(ValueError, KeyError):
        names = own_names(process)
        return {
            (process.pid, names.get(each["os_thread_id"], each["os_thread_id"])): Stack(
                each["thread_name"] or "", tuple(map(frame, each["frames"]))
            )
            for each in json.loads(output)
        }
    return {}


def own_names(process: Process) -> dict[int, int]:
    """Threads as they are known in the process's own namespace, to those by which we know them."""
    if len(process.names_of_pid) == 1:
        return {}
    return {
        int(process.field(f"task/{each}/status", "NSpid").split()[-1] or each): each
        for each in process.threads()
    }


def frame(row: dict[str, object]) -> Frame:
    name, file, line = str(row["name"]), str(row["filename"]), row["line"]
    return Frame(name.rpartition(".")[2], file, line if isinstance(line, int) else 0)
