"""Nothing left to start with: a clear error that says what ran out, and soon.

Which recipes need what is not told here: either a game is whole, or it is refused with the right
reason. That the shortage is real is seen from what Python says of it.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from commands import HERE
from driver import CODE, COOKBOOK, can_run, run
from homemade import HomemadeTransport, nothing
from ipc_cookbook import catalog, run_pingpong
from samples import IN_TURN, PLAIN

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces and /dev/shm of Linux")

SOON_S = 2.0
METHODS = pytest.mark.parametrize(
    "method",
    ["fork", *(pytest.param(name, marks=pytest.mark.sweep) for name in ("spawn", "forkserver"))],
)

PLAY = """
import os, sys, time
from ipc_cookbook import PingPongError, catalog, run_pingpong
catalog.load(sys.argv[1])
began = time.monotonic()
try:
    result = run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=20)
    print("played", result.keeps(catalog.guarantees(sys.argv[1])))
except PingPongError as error:
    print("refused", error)
print(time.monotonic() - began)
"""

FULL = "mount -t tmpfs -o size=4k none {0}; head -c 4096 /dev/zero > {0}/filled 2> /dev/null || :"
READ_ONLY = "mount --bind {0} {0}; mount -o remount,bind,ro {0}"
MISSING = "mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/urandom c 1 9"
NO_FOLDER = "no temporary folder"
SHORTAGES = {
    "full": FULL.format("/dev/shm"),
    "read-only": READ_ONLY.format("/dev/shm"),
    "missing": MISSING,
    NO_FOLDER: "; ".join(READ_ONLY.format(each) for each in ("/tmp", "/var/tmp", "/usr")),
}
"""Shell commands that bring each about."""


def run_in_namespace(preparation: str, in_folder: str, *program: str) -> CompletedProcess[str]:
    """Run Python in a mount namespace of its own."""
    script = f'set -e; {preparation}; cd {in_folder}; exec "$@"'
    return run(
        "unshare", "--mount", "sh", "-c", script, "sh", *CODE, *program, env={"TMPDIR": None}
    )


def play(transport: str, method: str, preparation: str, in_folder: str = "/") -> tuple[str, str]:
    """Play there, and return ``played`` and whether as promised, or ``refused`` and why."""
    done = run_in_namespace(preparation, in_folder, PLAY, transport, method)
    outcome, elapsed_s = done.stdout.splitlines()
    assert float(elapsed_s) < SOON_S
    verdict, _, reason = outcome.partition(" ")
    return verdict, reason


@pytest.fixture(scope="module")
def _may_unshare() -> None:
    if not can_run("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"):
        pytest.skip("needs the right to make a mount namespace")


@pytest.mark.few
@METHODS
@pytest.mark.usefixtures("_may_unshare")
@pytest.mark.parametrize(
    ("shortage", "what"),
    [
        ("full", "/dev/shm is full"),
        ("read-only", "/dev/shm is not writable"),
        ("missing", "/dev/shm is missing"),
    ],
)
def test_shared_memory(transport: str, method: str, shortage: str, what: str) -> None:
    verdict, reason = play(transport, method, SHORTAGES[shortage])
    assert (verdict == "refused" and what in reason) or (verdict, reason) == ("played", "True")


@pytest.mark.few
@METHODS
@pytest.mark.usefixtures("_may_unshare")
def test_temporary_folder(transport: str, method: str) -> None:
    verdict, reason = play(transport, method, SHORTAGES[NO_FOLDER], in_folder="/usr")
    no_folder = "No usable temporary directory found" in reason
    assert (verdict == "refused" and no_folder) or (verdict, reason) == ("played", "True")


LACK = """
import multiprocessing, tempfile
for make in multiprocessing.Lock, tempfile.mkdtemp:
    try:
        make()
    except OSError as error:
        print(make.__name__, "fails")
"""


@pytest.mark.usefixtures("_may_unshare")
@pytest.mark.parametrize("shortage", SHORTAGES)
def test_the_shortage_is_real(shortage: str) -> None:
    done = run_in_namespace(SHORTAGES[shortage], "/usr", LACK)
    assert done.stdout == f"{'mkdtemp' if shortage == NO_FOLDER else 'Lock'} fails\n"


@pytest.mark.usefixtures("_may_unshare")
def test_some_recipes_are_refused_and_some_play() -> None:
    """Or else the tests above would have seen one kind only."""
    verdicts: set[str] = set()
    for name in IN_TURN:
        if verdicts != {"played", "refused"} and not catalog.describe(name).needs:
            verdicts.add(play(name, "fork", SHORTAGES["full"])[0])
    assert verdicts == {"played", "refused"}


DESCRIPTORS = """
import os, resource, sys, time
from ipc_cookbook import PingPongError, catalog, run_pingpong

def opened():
    return len(os.listdir("/proc/self/fd"))

def play():
    return run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=20)

play()
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
before = opened()
for spare in range(0, 60, int(sys.argv[3])):
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + spare, hard))
    began = time.monotonic()
    try:
        outcome = "played" if play().keeps(catalog.guarantees(sys.argv[1])) else "lost words"
    except PingPongError as error:
        outcome = str(error)
    assert time.monotonic() - began < 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 100, hard))
    print(opened() - before, outcome)
"""


@pytest.mark.few
@METHODS
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.sweep)])
def test_descriptors(transport: str, method: str, step: int) -> None:
    lines = run(*CODE, DESCRIPTORS, transport, method, step).stdout.splitlines()
    assert lines[-1] == "0 played"
    assert lines[0].startswith("0 the game could not start: Too many open files")
    for line in lines:
        opened, _, outcome = line.partition(" ")
        assert opened == "0"
        assert outcome == "played" or "no file descriptors left" in outcome


PROCESSES = """
import os, resource, sys, time
from ipc_cookbook import PingPongError, catalog, run_pingpong

def running():
    count = 0
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return count

catalog.load(sys.argv[1])
run_pingpong(sys.argv[3], start_method=sys.argv[2])
_, hard = resource.getrlimit(resource.RLIMIT_NPROC)
for spare in range(0, 15, int(sys.argv[4])):
    resource.setrlimit(resource.RLIMIT_NPROC, (running() + spare, hard))
    began = time.monotonic()
    try:
        result = run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=20)
        outcome = "played" if result.keeps(catalog.guarantees(sys.argv[1])) else "lost words"
    except PingPongError as error:
        outcome = str(error)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    assert time.monotonic() - began < 2
    print(outcome)
"""


@pytest.mark.few
@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.sweep)])
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.sweep)])
@pytest.mark.timeout(150)
def test_processes(transport: str, method: str, step: int) -> None:
    """As another user than root, whom no limit on processes binds.

    A fork server keeps the limit that it was started with, so it has no part in this.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if os.getuid() and worker:
        pytest.skip("the processes of tests beside this one count as well")
    user = os.getuid() or 54321 + int(worker.removeprefix("gw") or 0)  # of this worker alone
    rights = "+dac_override,+dac_read_search"
    become = ["setpriv", f"--reuid={user}", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    if user == os.getuid():
        become = []
    if not can_run(*become, "true"):
        pytest.skip("needs setpriv and the right to change the user")
    if not can_run(*become, *CODE, LOAD, transport):
        pytest.skip("this user may not reach the programs that it needs")
    command = (*become, *CODE, PROCESSES, transport, method, PLAIN, step)
    done = run(
        *command, traceback=None, limit_s=120
    )  # a helper may be a program of its own, and say more
    lines = done.stdout.splitlines()
    assert "no more processes allowed" in lines[0]
    assert lines[-1] == "played"
    assert "lost words" not in lines


LOAD = "import sys; from ipc_cookbook import catalog; catalog.load(sys.argv[1])"

LARGE = """
import sys
from ipc_cookbook import PingPongError, catalog, run_pingpong
if __name__ == "__main__":
    catalog.load(sys.argv[1])
    try:
        payload = bytes(16 * 2**20)
        result = run_pingpong(
            sys.argv[1], payload=payload, tokens=4, start_method=sys.argv[2], timeout=20
        )
        print("played", result.keeps(catalog.guarantees(sys.argv[1])))
    except PingPongError as error:
        print("refused", error)
"""
SMALL = (
    "for place in /dev/shm /mnt; do mount -t tmpfs -o size=1m none $place; done; export TMPDIR=/mnt"
)


@pytest.mark.few
@METHODS
@pytest.mark.usefixtures("_may_unshare")
def test_too_little_shared_memory_for_a_payload(transport: str, method: str) -> None:
    """As in a container: it is one line, not a SIGBUS."""
    done = run_in_namespace(SMALL, "/", LARGE, transport, method)
    no_room = r"refused .*(No space left on device|disk is full|exited with status \d+)"
    assert done.stdout == "played True\n" or re.match(no_room, done.stdout), done
    if "asked for" in done.stdout:
        assert "16777216 bytes of shared memory were asked for" in done.stdout
        assert re.search(r", /dev/shm has \d+, /mnt has \d+$", done.stdout)


@pytest.mark.usefixtures("_may_unshare")
def test_some_recipes_share_memory_and_some_do_not() -> None:
    said: set[str] = set()
    for name in HERE:
        said.add(run_in_namespace(SMALL, "/", LARGE, name, "fork").stdout[:6])
        if len(said) > 1:
            break
    assert said == {"played", "refuse"}


def test_a_thread_that_finds_no_memory_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``Thread.start`` waits for a thread that may have ended before it could say that it runs."""
    monkeypatch.setattr(threading.Thread, "_bootstrap", nothing)
    run_pingpong(HomemadeTransport(), tokens=4, start_method="fork", timeout=10)


FAR_TOO_LONG = "x" * 95


@pytest.mark.few
@METHODS
def test_a_path_that_is_too_long_for_a_socket(transport: str, method: str, tmp_path: Path) -> None:
    """Whoever needs a socket there says so, and names TMPDIR; nothing of it is left."""
    folder = tmp_path / FAR_TOO_LONG
    folder.mkdir()
    options = ("--tokens", "4", "--start-method", method)
    done = run(*COOKBOOK, transport, *options, status=(0, 1), env={"TMPDIR": str(folder)})
    if done.returncode:
        *_, line = done.stderr.splitlines()
        assert f"a Unix socket has 107 bytes at most, and TMPDIR alone, {folder}, has" in line
        assert done.stderr.strip().count("\n") == 0
    assert list(folder.iterdir()) == []


def test_some_recipes_need_a_socket_and_some_do_not(tmp_path: Path) -> None:
    folder = tmp_path / FAR_TOO_LONG
    folder.mkdir()
    done = run(*COOKBOOK, "all", "--tokens", "4", status=1, env={"TMPDIR": str(folder)})
    assert 0 < done.stdout.count("TMPDIR alone") < len(HERE)
    assert done.stderr == ""


def test_files_that_may_not_grow() -> None:
    """As under ``ulimit -f``: shared memory is a file as well."""
    limited = ("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", *COOKBOOK, PLAIN)
    done = run(*limited, "--payload-size", "16MiB", status=1)
    assert "File too large (no larger files allowed, see ulimit -f)" in done.stderr
    assert run(*limited, "--tokens", "4").stdout == "PingPongPingPong\n"
