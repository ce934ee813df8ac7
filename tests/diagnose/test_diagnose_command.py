"""``python -m ipc_cookbook diagnose``."""

from __future__ import annotations

import sys

import pytest

from commands import (
    DONE,
    FAILED,
    INTERRUPTED,
    MISSING,
    USAGE,
    assert_one_line,
    cookbook,
    error_of,
    results_of,
)
from driver import COOKBOOK, Running, run

pytest.importorskip("psutil", reason="processes are looked at with it")
if sys.platform != "linux":
    pytest.skip("diagnose takes Linux", allow_module_level=True)

from waiting_programs import FOLDER, is_alive, ready

from ipc_cookbook.cli import extras, main
from ipc_cookbook.diagnose import HUNG, NONE

pytestmark = pytest.mark.part

BOTH_SEND = FOLDER / "hung" / "both_send.py"
SERVER = FOLDER / "healthy" / "plain_server.py"


def test_of_one_that_hangs() -> None:
    """Verdict first, then a line for each thread; it is ended, and so are its processes."""
    done = cookbook("diagnose", "--run", sys.executable, str(BOTH_SEND), status=FAILED)
    verdict, why, *rest = done.stdout.splitlines()
    assert verdict == "HUNG: both send"
    assert "both wait to write to each other" in why
    assert "  pitfall: both-send" in rest
    assert sum("MainThread" in line for line in rest) == 2
    assert any("at both_send.py:" in line for line in rest)
    assert done.stderr == ""


def test_in_json() -> None:
    done = cookbook("diagnose", "--json", "--run", sys.executable, str(BOTH_SEND), status=FAILED)
    (result,) = results_of(done)
    (finding,) = result["findings"]
    assert (result["verdict"], finding["grade"], finding["cause"]) == (HUNG, HUNG, "both send")
    assert len(finding["pids"]) == 2
    assert not any(map(is_alive, finding["pids"]))
    threads = [thread for process in result["processes"] for thread in process["threads"]]
    assert all(thread["is_stuck"] for thread in threads)
    assert {thread["pid"] for thread in threads} == set(finding["pids"])


def test_of_one_that_goes_on() -> None:
    with ready(SERVER, "spawn") as pid:
        done = cookbook("diagnose", str(pid), "--seconds", "0.2")
    assert done.stdout.startswith(f"{NONE}: ")
    assert "waits for a client at TCP 127.0.0.1:" in done.stdout


@pytest.mark.parametrize(
    "asks",
    [
        "subprocess.run(command)",
        "subprocess.Popen(command); os.wait()",
        "print(subprocess.run(command, capture_output=True, text=True).stdout)",
    ],
)
def test_of_the_program_that_asks(asks: str) -> None:
    """It waits for the one that looks, who will answer, and end."""
    program = f"import os, subprocess, sys\ncommand = [*sys.argv[1:], str(os.getpid())]\n{asks}"
    done = run(sys.executable, "-c", program, *COOKBOOK, "diagnose")
    assert done.stdout.startswith(f"{NONE}: ")


def test_of_one_that_ends() -> None:
    """Its words go to standard error, and its options are its own."""
    program = "import sys; print(*sys.argv[1:]); sys.exit(3)"
    done = cookbook("diagnose", "--run", sys.executable, "-c", program, "--json", "--help")
    assert done.stdout == ""
    assert done.stderr.startswith("--json --help\n")
    assert done.stderr.endswith("ended with status 3\n")


def test_ctrl_c_ends_the_program_as_well() -> None:
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with Running(*COOKBOOK, "diagnose", "--run", sys.executable, "-c", program) as running:
        pid = int(running.complaint())
        running.interrupt("parent")
        running.end(INTERRUPTED)
        assert not is_alive(pid)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ["the id of a process, or --run"]),
        (("--run",), ["the id of a process, or --run"]),
        (("1", "--run", "true"), ["the id of a process, or --run"]),
        (("one",), ["PID", "whole number", "'one'"]),
        (("1", "--seconds", "0"), ["--seconds", "more than 0"]),
        (("1", "--seconds", "nan"), ["--seconds", "more than 0"]),
        (("1", "--seconds", "soon"), ["--seconds", "number of seconds"]),
        (("2147483647",), ["no process with the id 2147483647"]),
        (("--run", "/there/is/none"), ["--run", "/there/is/none", "No such file"]),
    ],
)
def test_bad_input(arguments: tuple[str, ...], parts: list[str]) -> None:
    done = cookbook("diagnose", *arguments, status=USAGE)
    assert_one_line(done.stderr, *parts)


def test_elsewhere_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert main.run(["diagnose", "1"]) == MISSING
    assert_one_line(capsys.readouterr().err, "diagnose takes Linux, and this is win32")


def test_without_psutil_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "is_installed", lambda package: package != "psutil")
    assert main.run(["diagnose", "1"]) == MISSING
    assert_one_line(capsys.readouterr().err, "psutil", "pip install 'ipc_cookbook[diagnose]'")


def test_an_error_in_json() -> None:
    done = cookbook("diagnose", "2147483647", "--json", status=USAGE)
    assert error_of(done)["type"] == "ValueError"
    assert cookbook("diagnose", "--help", status=DONE).stdout.startswith("usage: ")
