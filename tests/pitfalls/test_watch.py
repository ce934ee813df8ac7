"""The watch: what it sees of a program, and that nothing of the program outlives it."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from commands import INTERRUPTED, MISSING, assert_one_line, needs_posix
from driver import CODE, COOKBOOK, Running, run, until
from ipc_cookbook import gallery
from ipc_cookbook.leftovers import Leftovers, with_own_shared_memory

psutil = pytest.importorskip("psutil", reason="programs are watched with it")

from ipc_cookbook.gallery.watch import Ending, marked, watch  # noqa: E402

pytestmark = [needs_posix, pytest.mark.part]

METHOD = "spawn"
STILL_S = 1.0


def ending_of(program: str, still_s: float = STILL_S, limit_s: float = 20.0) -> Ending:
    return watch(program, METHOD, still_s=still_s, limit_s=limit_s)


def test_one_that_ends() -> None:
    ending = ending_of("import sys\nprint('words')\nsys.exit(3)")
    assert (ending.status, ending.hung, ending.output, ending.left) == (3, False, "words\n", [])
    assert ending.shows("prints words")
    assert ending.shows("prints w...ds")
    assert not ending.shows("prints swords")
    assert not any(map(ending.shows, ("ends", "hangs", "raises words", "leaves words")))


def test_one_that_raises() -> None:
    ending = ending_of("class Ours(Exception): pass\nraise Ours('it')")
    assert ending.status == 1
    assert ending.shows("raises Ours")
    assert not ending.shows("raises Our")
    assert 'File "program.py", line 2' in ending.output
    assert "exec(" not in ending.output  # that is the launcher


def test_one_that_is_killed() -> None:
    ending = ending_of("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert ending.status == -signal.SIGKILL


def test_one_that_waits_for_ever_hangs() -> None:
    ending = ending_of("print('here')\nimport threading\nthreading.Event().wait()")
    assert (ending.status, ending.hung, ending.output) == (None, True, "here\n")
    assert ending.shows("hangs")
    assert not ending.shows("prints here")


BUSY = "while True: pass"
TALKING = "import time\nwhile True:\n    print('.', flush=True)\n    time.sleep(0.2)"
STARTING = """
import subprocess, sys, time
while True:
    subprocess.run([sys.executable, "-I", "-S", "-c", "import time; time.sleep(0.3)"])
"""


@pytest.mark.parametrize("program", [BUSY, TALKING, STARTING], ids=["busy", "talking", "starting"])
def test_one_that_moves_does_not_hang(program: str) -> None:
    ending = ending_of(program, limit_s=3 * STILL_S)
    assert (ending.status, ending.hung) == (None, False)
    assert not ending.shows("hangs")


ORPHAN = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(60)
    os._exit(0)
os.wait()
"""


def test_what_is_left_is_named_and_taken_away() -> None:
    """A process that has left its session, deaf to all that is polite; a file; shared memory."""
    before = Leftovers.now()
    program = f"{ORPHAN}\nopen(os.environ['TMPDIR'] + '/left', 'w')"
    ending = ending_of(program)
    assert ending.status == 0
    assert [thing.split()[:3] for thing in ending.left] == [
        ["1", "x", "process"],
        ["1", "x", "temporary"],
    ]
    assert ending.shows("leaves temporary file")
    before.assert_nothing_new()


SEMAPHORES = """
import multiprocessing
from multiprocessing.shared_memory import SharedMemory
if __name__ == "__main__":
    locks = [multiprocessing.Lock() for _ in range(3)]
    memory = SharedMemory(create=True, size=100)
    multiprocessing.Event().wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is looked for in /dev/shm")
def test_what_one_that_hangs_has_in_shared_memory_is_taken_away() -> None:
    before = Leftovers.now()
    ending = ending_of(SEMAPHORES)
    assert ending.hung
    assert "1 x shared memory" in ending.left
    assert any(thing.endswith(" x semaphore") for thing in ending.left)
    before.assert_nothing_new()


IN_ANOTHER_FOLDER = """
import os
from ipc_cookbook.gallery.watch import watch
for number in range(30):  # by inode they are like those that the program will make
    open(f"/dev/shm/other-{number}", "w").close()
program = "from multiprocessing.shared_memory import SharedMemory; import threading\\n"
program += "kept = [SharedMemory(create=True, size=100) for _ in range(9)]\\n"
program += "threading.Event().wait()"
print(watch(program, "spawn", shared_memory_mib=1, still_s=1).hung, len(os.listdir("/dev/shm")))
"""


@pytest.mark.skipif(not with_own_shared_memory(), reason="it takes the right to mount")
def test_files_of_another_dev_shm_are_left_alone() -> None:
    done = run(*with_own_shared_memory(), *CODE, IN_ANOTHER_FOLDER)
    assert done.stdout == "True 30\n"


HANGS = next(
    pitfall.name
    for pitfall in gallery.all_pitfalls()
    if pitfall.outcome == "hangs" and len(pitfall.start_methods) > 1
)


def watching(*options: str) -> Running:
    return Running(*COOKBOOK, "pitfall", HANGS, "--start-method", METHOD, *options, is_tidy=False)


def until_it_runs(program: Running) -> None:
    """The program that is watched has started a process of its own."""
    until(lambda: any("--multiprocessing-fork" in each for each in commands_under(program.pid)))


def commands_under(pid: int) -> list[list[str]]:
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            found.append(process.cmdline())
        except psutil.Error:
            continue
    return found


def test_ctrl_c_ends_all() -> None:
    before = Leftovers.now()
    with watching() as program:
        until_it_runs(program)
        program.interrupt()
        _, err = program.end(INTERRUPTED)
    assert_one_line(err, "interrupted")
    before.assert_nothing_new()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name)
def test_a_watch_that_is_ended_leaves_nothing(number: signal.Signals) -> None:
    before = Leftovers.now()
    with watching() as program:
        until_it_runs(program)
        program.signal(number, "parent")
        program.end(-number, 128 + number, traceback=None)
    before.assert_nothing_new(patience_s=5)


def test_nothing_bears_a_mark_that_was_never_given() -> None:
    assert marked("no such mark") == []
    began_s = time.monotonic()
    assert ending_of("").status == 0
    assert time.monotonic() - began_s < 20


WITHOUT_PSUTIL = """
import runpy, sys
sys.modules["psutil"] = None
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""


def test_without_psutil_it_says_what_to_install() -> None:
    done = run(*CODE, WITHOUT_PSUTIL, "pitfall", HANGS, status=MISSING)
    assert_one_line(done.stderr, "psutil: pip install 'ipc_cookbook[pitfall]'")
