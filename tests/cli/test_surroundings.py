"""Where the command is run: a folder that is gone, one with files named as Python's modules are,
a parent that hands on an output that does not wait, a system that forbids what is new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from commands import FAILED, assert_one_line, needs_fork, needs_posix, printed_json, words_of
from driver import CODE, COOKBOOK, run
from ipc_cookbook import catalog
from samples import PLAIN

pytestmark = pytest.mark.part

HIDDEN = ["multiprocessing", "random", "select", "tempfile", "threading"]


@pytest.mark.parametrize("module", HIDDEN)
def test_a_file_that_hides_a_module_of_python_is_named(tmp_path: Path, module: str) -> None:
    """As it comes about by ``show RECIPE > socket.py``."""
    path = tmp_path / f"{module}.py"
    shutil.copy(catalog.path_of(PLAIN), path)
    done = run(*COOKBOOK, PLAIN, status=FAILED, cwd=tmp_path)
    assert_one_line(done.stderr, f"{path} hides Python's own module {module};")


def test_a_file_that_hides_a_module_that_is_needed_late(tmp_path: Path) -> None:
    path = tmp_path / "json.py"
    path.touch()
    done = run(*COOKBOOK, PLAIN, "--json", "--quiet", status=FAILED, cwd=tmp_path)
    assert_one_line(done.stderr, f"{path} hides Python's own module json;")
    assert run(*COOKBOOK, PLAIN, "--tokens", "4", cwd=tmp_path).stdout == "PingPongPingPong\n"


@needs_posix
def test_a_current_folder_that_has_been_removed(tmp_path: Path, start_method: str) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    command = (*COOKBOOK, PLAIN, "--tokens", "4", "--start-method", start_method, "--json")
    # what Python's resource tracker says of it, in some versions, is Python's own
    done = run("sh", "-c", script, "sh", *command, status=(0, 1), traceback=None, cwd=tmp_path)
    if done.returncode:
        message = printed_json(done)["error"]["message"]
        said = "the game could not start: No such file or directory"
        assert message == f"{said} (the current folder has been removed)"


@needs_posix
def test_an_output_that_does_not_wait_loses_nothing() -> None:
    """As some parents hand on: what a full pipe does not take at once would be gone."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(writer, b"." * 512)
    command = [*COOKBOOK, PLAIN, "--tokens", "4", "--quiet"]
    with open(reader) as out, subprocess.Popen(command, stdout=writer) as program:
        os.close(writer)
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(2)  # it waits until there is room
        assert out.read() == "." * filled + "PingPongPingPong\n"
        assert program.wait() == 0


FORBIDDEN = """
import errno, os, sys
from ipc_cookbook import run_pingpong
def refuse(*_):
    raise OSError(getattr(errno, sys.argv[3]), "refused")
os.memfd_create = os.pidfd_open = refuse
if __name__ == "__main__":
    result = run_pingpong(sys.argv[1], start_method=sys.argv[2], payload=bytes(100_000))
    print(result.count)
"""


@pytest.mark.few
@pytest.mark.parametrize("reason", ["EPERM", "ENOSYS"])
def test_where_a_sandbox_forbids_what_is_new(
    transport: str, start_method: str, reason: str
) -> None:
    done = run(*CODE, FORBIDDEN, transport, start_method, reason)
    assert (done.stdout, done.stderr) == (f"{words_of(transport, 50)}\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="a network namespace")
def test_where_there_is_no_loopback_interface() -> None:
    alone = ("unshare", "--net")
    if not shutil.which("unshare") or subprocess.run([*alone, "true"]).returncode:
        pytest.skip("needs the right to make a network namespace")
    done = run(*alone, *COOKBOOK, "all", "--tokens", "4", status=(0, 1, 3))
    for line in done.stdout.splitlines():
        if "could not start" in line:
            assert "Network is unreachable (is the loopback interface up?)" in line
    assert done.stderr == ""


@needs_fork
@pytest.mark.sampled
@pytest.mark.parametrize("options", ["-OO", "-W error", "-I", "-b"])
def test_python_s_own_options(options: str, start_method: str) -> None:
    command = (sys.executable, *options.split(), "-m", "ipc_cookbook")
    done = run(*command, PLAIN, "--tokens", "4", "--start-method", start_method, "--quiet")
    assert (done.stdout, done.stderr) == ("PingPongPingPong\n", "")
    assert run(*command, "list").stdout == run(*COOKBOOK, "list").stdout
