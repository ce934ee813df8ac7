"""Run a program that may hang, and say what came of it.

It runs alone: in a new folder, in a session of its own, with a mark in its environment by which
all of its descendants are known. When *nobody has moved* for two seconds it hangs: no process of
it has begun or ended, nothing was written, and together they have used next to no CPU time.
Whatever is still there in the end is ended, and what it has left is taken away.

Python's own resource trackers are ended last: they remove what they know of, and say so.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from ipc_cookbook.errors import PingPongError
from ipc_cookbook.leftovers import SHARED_MEMORY, memory_of, with_own_shared_memory

STILL_S = 2.0
LIMIT_S = 30.0
TICK_S = 0.1
IDLE_SHARE = 0.04
"""Of a CPU: what a pool's threads and ZeroMQ's use while they wait."""

STRAGGLERS_S = 3.0
"""How long a program's helpers may take to see that it has ended."""

MARK = "IPC_COOKBOOK_WATCH"
PLAIN = {"PYTHONUNBUFFERED": "1", "PYTHON_COLORS": "0", "PYTHONWARNINGS": ""}
"""What a program says comes at once, without colours, and with the warnings that are usual."""

TRACKER = "multiprocessing.resource_tracker"
TRACKED = r"There appear to be (\d+) leaked (\w+) objects"

LAUNCHER = """\
import multiprocessing, sys
method, __file__ = sys.argv[1:3]
del sys.argv[:2]
multiprocessing.set_start_method(method)
with open(__file__, encoding="utf-8") as program:
    exec(compile(program.read(), __file__, "exec"))
"""
"""Runs a program as a script, and chooses how it starts processes."""


class NoSmallMemory(PingPongError):
    """``/dev/shm`` is larger than it has to be, and another one cannot be made."""


class Ending(NamedTuple):
    """What came of a program.

    ``status`` is its exit status, ``-N`` if signal N ended it, or None if it had to be ended;
    ``hung`` says whether nobody moved by then. ``seconds`` are those until its end, or until it
    was ended. ``output`` is standard output and standard error as they came. ``left`` has a line
    for each kind of thing that was there after it; all of it has been taken away.
    """

    status: int | None
    hung: bool
    seconds: float
    output: str
    left: list[str]

    def shows(self, outcome: str) -> bool:
        """Whether it ended as an outcome says.

        :param outcome: ``hangs``, ``ends``, ``raises NAME``, ``prints TEXT``, or ``leaves WHAT``;
            in a text, ``...`` stands for anything.
        """
        kind, _, what = outcome.partition(" ")
        if kind == "hangs":
            return self.hung
        if kind == "ends":
            return self.status == 0
        if kind == "leaves":
            return any(what in thing for thing in self.left)
        if self.status is None:
            return False
        parts = r"[^\n]*".join(map(re.escape, what.split("...")))
        if kind == "raises":
            error = rf"^Traceback \(most recent(.|\n)*?^([\w.]+\.)?{parts}\b"
            return bool(re.search(error, self.output, re.MULTILINE))
        return bool(re.search(parts, self.output))


def watch(
    program: str,
    start_method: str,
    *,
    name: str = "program.py",
    shared_memory_mib: int | None = None,
    still_s: float = STILL_S,
    limit_s: float = LIMIT_S,
    look: Callable[[int], object] | None = None,
) -> Ending:
    """Run a program to its end, or until nobody moves any more.

    :param program: its text.
    :param start_method: how it starts processes, unless it chooses for itself.
    :param name: of its file.
    :param shared_memory_mib: how much its ``/dev/shm`` may hold, in MiB.
    :param still_s: seconds without a move, after which it hangs.
    :param limit_s: seconds after which it is ended even if it moves.
    :param look: is called with its process id if it hangs, before it is ended.
    :raises NoSmallMemory: such a ``/dev/shm`` cannot be made here.
    """
    prefix = with_small_memory(shared_memory_mib) if shared_memory_mib else ()
    with watched_folder() as (folder, mark):
        path, said = folder / name, folder / "output"
        path.write_text(program, encoding="utf-8")
        environment = {**os.environ, **PLAIN, MARK: mark, "TMPDIR": str(folder)}
        with open(said, "wb") as output:
            began_s = time.monotonic()
            root = subprocess.Popen(
                [*prefix, sys.executable, "-c", LAUNCHER, start_method, str(path)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        is_still = wait_until_still(root, said, still_s, began_s + limit_s)
        seconds = time.monotonic() - began_s
        status = root.poll()
        if look and is_still and status is None:
            look(root.pid)
        left = Counter() if status is None else Counter(map(described, stragglers(mark)))
        text = said.read_text(encoding="utf-8", errors="replace")
        left["shared memory"] += end_all(mark)
        root.wait()
        afterwards = said.read_text(encoding="utf-8", errors="replace")[len(text) :]
        for count, kind in re.findall(TRACKED, afterwards if status is None else ""):
            left[kind.replace("_", " ")] += int(count)
        left["temporary file"] += len({*folder.iterdir()} - {path, said, folder / "__pycache__"})
        things = [f"{count} x {thing}" for thing, count in sorted((+left).items())]
        tidy = (text if status is None else text + afterwards).replace(f"{folder}{os.sep}", "")
        tidy = re.sub(r'  File "<string>", line \d+, in <module>\n(    .*\n)*', "", tidy)
        return Ending(status, is_still and status is None, seconds, tidy, things)


@contextmanager
def watched_folder() -> Iterator[tuple[Path, str]]:
    """A new folder, and a new mark. Whatever bears the mark is ended, whoever dies.

    If this process is killed, a process beside it ends what is marked, and removes the folder.
    """
    folder, mark = Path(tempfile.mkdtemp(prefix="ipc")).resolve(), uuid.uuid4().hex
    ours, theirs = os.pipe()
    keeper = os.fork() if hasattr(os, "fork") else None
    if keeper == 0:
        try:
            os.close(theirs)
            os.setsid()
            os.read(ours, 1)  # until all is done here, or this process is dead
            end_all(mark)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os._exit(0)
    os.close(ours)
    try:
        yield folder, mark
    finally:
        end_all(mark)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(theirs)
        if keeper:
            os.waitpid(keeper, 0)


def with_small_memory(size_mib: int) -> tuple[str, ...]:
    """The beginning of a command whose ``/dev/shm`` holds no more than this.

    :raises NoSmallMemory: none can be made.
    """
    with suppress(OSError):
        if shutil.disk_usage(SHARED_MEMORY).total <= size_mib * 2**20:
            return ()
    if not (command := with_own_shared_memory(size_mib)):
        raise NoSmallMemory(
            f"a {SHARED_MEMORY} of {size_mib} MiB takes Linux, and the right to 'unshare --mount'"
        )
    return command


def wait_until_still(
    root: subprocess.Popen[bytes],
    said: Path | None = None,
    still_s: float = STILL_S,
    deadline_s: float = math.inf,
) -> bool:
    """Wait until it has ended, or moves no more; says whether it is that.

    A process that could go on but gets no CPU has not come to rest.

    :param said: a file that it writes to.
    """
    last_moved_s, seen, were_ready = time.monotonic(), None, False
    used_then_s = used_s = 0.0
    while root.poll() is None:
        now_s = time.monotonic()
        if now_s > deadline_s:
            return False
        cpu_s, are_ready = {}, False
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(root.pid)
            for process in [top, *top.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess), process.oneshot():
                    times = process.cpu_times()
                    cpu_s[process.pid] = times.user + times.system
                    state = process.status()
                    are_ready |= state in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        used_s = sum(cpu_s.values())
        state_now = (cpu_s.keys(), said.stat().st_size if said else 0)
        is_busy = used_s - used_then_s > IDLE_SHARE * still_s or (are_ready and were_ready)
        if state_now != seen or is_busy:
            last_moved_s, seen, used_then_s = now_s, state_now, used_s
        elif now_s - last_moved_s > still_s:
            return True
        were_ready = are_ready
        time.sleep(TICK_S)
    return False


def marked(mark: str) -> list[psutil.Process]:
    """All processes that bear a mark, but for those that have ended."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            is_alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def command_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def described(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return f"process {process.name()}"
    return "process"


def stragglers(mark: str) -> list[psutil.Process]:
    """What still runs when the program itself has ended, and does not end by itself."""
    deadline_s = time.monotonic() + STRAGGLERS_S
    while (found := marked(mark)) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return found


def end_all(mark: str) -> int:
    """End what bears a mark: the trackers last, so that they can remove what they know of.

    They do not know of what was made just now; that is removed here. Says how much there was.
    """
    files: set[int] = set()
    looked_in_vain = 0
    while looked_in_vain < 2:  # at what begins just now the system shows no environment
        others = [each for each in marked(mark) if TRACKER not in command_of(each)]
        for process in others:
            with suppress(psutil.Error):
                process.suspend()  # or it may make more
        for process in others:
            files |= files_in_shared_memory(process.pid)
        kill(others)
        looked_in_vain = 0 if others else looked_in_vain + 1
    psutil.wait_procs(marked(mark), timeout=STRAGGLERS_S)
    while rest := marked(mark):
        kill(rest)
    return removed(files)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=STRAGGLERS_S)


def files_in_shared_memory(pid: int) -> set[int]:
    """What a process has mapped of our ``/dev/shm``, by inode: a semaphore is made by another name.

    It may have a ``/dev/shm`` of its own, which is another device.
    """
    if not SHARED_MEMORY.exists():
        return set()
    device = SHARED_MEMORY.stat().st_dev
    ours = f"{os.major(device):02x}:{os.minor(device):02x}"
    fields = [line.split() for line in memory_of(pid).splitlines()]
    return {int(each[4]) for each in fields if each[3] == ours}


def removed(files: set[int]) -> int:
    """Remove files of ``/dev/shm``; says how many were still there."""
    count = 0
    for entry in os.scandir(SHARED_MEMORY) if files else ():
        if entry.inode() in files:
            with suppress(OSError):
                os.unlink(entry.path)
                count += 1
    return count
