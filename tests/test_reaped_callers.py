"""Callers whose processes' exit statuses are not theirs to collect: a game ends all the same."""

from __future__ import annotations

import sys

import pytest

from commands import needs_posix, words_of
from driver import CODE, COOKBOOK, Running, run
from faulty import with_helpers
from ipc_cookbook.leftovers import Leftovers
from samples import PLAIN

pytestmark = [needs_posix, pytest.mark.part]

IGNORED = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
IN_A_HANDLER = """
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass

signal.signal(signal.SIGCHLD, reap)
"""
IN_A_THREAD = """
def reap():
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            time.sleep(0.001)

threading.Thread(target=reap, daemon=True).start()
"""
REAPERS = pytest.mark.parametrize(
    "reaper", [IGNORED, IN_A_HANDLER, IN_A_THREAD], ids=["ignored", "handler", "thread"]
)

PLAYS = """
import multiprocessing, os, signal, sys, threading, time
from ipc_cookbook import PingPongError, run_pingpong
{reaper}
for _ in range(2):
    print(run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=20).count)
try:
    run_pingpong(sys.argv[1], start_method=sys.argv[2], timeout=0)
except PingPongError as error:
    print(type(error).__name__)
print(multiprocessing.active_children())
"""


@pytest.mark.few
@REAPERS
def test_a_game_where_somebody_else_reaps(transport: str, start_method: str, reaper: str) -> None:
    done = run(*CODE, PLAYS.format(reaper=reaper), transport, start_method)
    words = words_of(transport, 50)
    assert done.stdout == f"{words}\n{words}\nPingPongTimeout\n[]\n"
    assert done.stderr == ""


@pytest.mark.sampled
@REAPERS
def test_helpers_where_somebody_else_reaps(start_method: str, reaper: str) -> None:
    for recipe in with_helpers():
        test_a_game_where_somebody_else_reaps(recipe, start_method, reaper)


DIES = """
import os, signal, sys, threading, time
from ipc_cookbook import PlayerDied, run_pingpong
{reaper}
class Deadly:
    def open_pair(self, context, max_payload):
        from contextlib import contextmanager
        @contextmanager
        def opened():
            with context.Pipe()[0] as first:
                yield first, Killer()
        return opened()
class Killer:
    def send(self, message): pass
    def recv(self): os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    try:
        run_pingpong(Deadly(), start_method="fork", timeout=20)
    except PlayerDied as died:
        print(died.player, died.exitcode, died)
"""


@REAPERS
def test_an_unknown_status_is_said_to_be_unknown(reaper: str) -> None:
    """A reaper of its own may be late, and then it is known."""
    said = run(*CODE, DIES.format(reaper=reaper)).stdout
    assert said.startswith("Pong ")
    assert "(pid " in said
    if said.split()[1] == "None":
        assert "ended, with a status that somebody else collected after 0 words" in said
    else:
        assert reaper is not IGNORED
        assert "was killed by SIGKILL" in said


@pytest.mark.sampled
@pytest.mark.parametrize("whom", ["group", "parent"])
def test_ctrl_c_where_sigchld_is_ignored(start_method: str, whom: str) -> None:
    endless = ("--delay", "3600", "--timeout", "none", "--start-method", start_method)
    command = (*CODE, EXEC_WITH_SIGCHLD_IGNORED, *COOKBOOK, PLAIN, *endless)
    before = Leftovers.now()
    with Running(*command) as program:
        assert program.out.read(8) == "PingPong"
        program.interrupt(whom)
        program.end(130, limit_s=5)
    before.assert_nothing_new()


EXEC_WITH_SIGCHLD_IGNORED = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_server_that_is_killed_is_named_all_the_same(start_method: str) -> None:
    """Its end is known; that it was not in order shows in what it did to the players."""
    for recipe in with_helpers():
        said = run(*CODE, KILLS_HELPER, recipe, start_method).stdout
        assert not said.startswith(("Ping", "Pong"))
        assert "ended, with a status that somebody else collected" in said or "SIGKILL" in said


KILLS_HELPER = """
import os, signal, sys, threading, time
from contextlib import contextmanager
from ipc_cookbook import PlayerDied, catalog, run_pingpong
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
class Killing:
    @contextmanager
    def open_pair(self, context, max_payload):
        started = []
        original = context.Process
        def noting(*args, **kwargs):
            started.append(original(*args, **kwargs))
            return started[-1]
        context.Process = noting
        with catalog.load(sys.argv[1]).open_pair(context, max_payload) as ends:
            threading.Timer(0.5, lambda: os.kill(started[0].pid, signal.SIGKILL)).start()
            yield ends
if __name__ == "__main__":
    try:
        run_pingpong(Killing(), start_method=sys.argv[2], delay=0.05, tokens=10**6, timeout=20)
    except PlayerDied as died:
        print(died)
"""


BECOMES_ANOTHER = """
import os, sys
from contextlib import contextmanager
from ipc_cookbook import run_pingpong

class Served:
    @contextmanager
    def open_pair(self, context, max_payload):
        there, back = context.Pipe()
        helper = context.Process(target=os.execvp, args=("sleep", ["sleep", sys.argv[2]]))
        helper.start()
        started.append(helper.pid)
        with there, back:
            yield there, back

if __name__ == "__main__":
    started = []
    print(run_pingpong(Served(), start_method=sys.argv[1], delay=0.01, timeout=20).count)
    try:
        os.kill(started[0], 0)
    except ProcessLookupError:
        print("ended")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it seems to have ended")
@pytest.mark.sampled
@pytest.mark.parametrize("lasts_s", ["3600", "0"])
def test_a_helper_that_becomes_another_program(start_method: str, lasts_s: str) -> None:
    """It goes on under its process id, or ends in order; and nothing of it outlives the game."""
    before = Leftovers.now()
    assert run(*CODE, BECOMES_ANOTHER, start_method, lasts_s).stdout == "50\nended\n"
    before.assert_nothing_new()
