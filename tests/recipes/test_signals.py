"""What a bell cannot do: ring twice, reach who has not blocked it, or know whom it reaches."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

from driver import CODE, run
from processes import child
from samples import why_not
from streams import LIMIT_S

if reason := why_not("signal"):
    pytest.skip(reason, allow_module_level=True)

from signal import SIG_BLOCK, SIG_SETMASK, SIGUSR1, pthread_sigmask

from ipc_cookbook.recipes.signals import BellEnd, open_pair

needs_sigtimedwait = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="there is no sigtimedwait here"
)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="a pidfd is Linux's own")


@pytest.fixture(autouse=True)
def _same_mask() -> Iterator[None]:
    """An end leaves the signal blocked, and this process goes on."""
    before = pthread_sigmask(SIG_BLOCK, ())
    yield
    pthread_sigmask(SIG_SETMASK, before)


TWO_BELLS = """
import os
from signal import *
pthread_sigmask(SIG_BLOCK, {SIGUSR1, SIGUSR2})
for number in SIGUSR1, SIGUSR1, SIGUSR2:
    os.kill(os.getpid(), number)
print(sigwait({SIGUSR1}) == SIGUSR1, sigtimedwait({SIGUSR1}, 0))
print(sigtimedwait({SIGUSR2}, 0).si_signo == SIGUSR2)
"""
"""The other signal is there to be seen: what was sent twice would be as well."""


@needs_sigtimedwait
def test_of_two_bells_one_is_heard() -> None:
    assert run(*CODE, TWO_BELLS).stdout == "True None\nTrue\n"


def wait_and_recv(end: BellEnd, go: Connection[str, str], tell: Connection[Any, Any]) -> None:
    with end:
        go.recv()
        tell.send((end.recv(), signal.sigpending()))


@pytest.mark.sampled
def test_of_two_messages_one_is_heard_and_it_is_the_last(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    until_sent, go = context.Pipe(duplex=False)
    with (
        told,
        tell,
        until_sent,
        go,
        open_pair(context, 5) as (ours, theirs),
        child(context, wait_and_recv, theirs, until_sent, tell),
        ours,
    ):
        ours.send((1, b"hello"))
        ours.send((2, b"you"))
        go.send("sent")
        assert told.poll(LIMIT_S)
        assert told.recv() == ((2, b"you"), set())


def enter_and_recv(
    end: BellEnd, when: str, go: Connection[str, str], tell: Connection[Any, Any]
) -> None:
    """Have another thread, or none; and say when the bell may be rung. It is not waited for yet."""
    enough = threading.Event()
    if when == "before":
        threading.Thread(target=enough.wait).start()
    with suppress(EOFError), end:
        if when == "after":
            threading.Thread(target=enough.wait).start()
        tell.send("entered")
        go.recv()
        tell.send(end.recv())
    enough.set()


@pytest.mark.parametrize("when", ["never", "after", "before"])
def test_a_thread_that_has_not_blocked_it_is_the_end(when: str, start_method: str) -> None:
    """A thread has the mask of who starts it, as it is then."""
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    until_sent, go = context.Pipe(duplex=False)
    with (
        told,
        tell,
        until_sent,
        go,
        open_pair(context, 5) as (ours, theirs),
        child(context, enter_and_recv, theirs, when, until_sent, tell) as process,
        ours,
    ):
        assert told.poll(LIMIT_S)
        assert told.recv() == "entered"
        ours.send((1, b"hello"))
        if when == "before":
            process.join(LIMIT_S)
            assert process.exitcode == -SIGUSR1
        else:
            go.send("sent")
            assert told.poll(LIMIT_S)
            assert told.recv() == (1, b"hello")
            process.join(LIMIT_S)
            assert process.exitcode == 0


def sit(tell: Connection[str, str], number: int | None) -> None:
    if number is not None:
        pthread_sigmask(SIG_BLOCK, {number})
    tell.send("there")
    signal.pause()


@pytest.mark.parametrize("is_blocked", [False, True])
def test_a_bell_before_it_is_blocked_is_the_end(is_blocked: bool, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    told, tell = context.Pipe(duplex=False)
    number = SIGUSR1 if is_blocked else None
    with told, tell, child(context, sit, tell, number) as process:
        assert told.poll(LIMIT_S)
        assert process.pid is not None
        os.kill(process.pid, SIGUSR1)
        process.join(0.3 if is_blocked else LIMIT_S)
        assert process.exitcode == (None if is_blocked else -SIGUSR1)


def enter_and_die(end: BellEnd) -> None:
    with end:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_peer_goes_unnoticed_until_it_is_joined(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with (
        open_pair(context, 0) as (ours, theirs),
        child(context, enter_and_die, theirs) as process,
        ours,
    ):
        assert wait([process.sentinel], LIMIT_S)
        if start_method != "forkserver":  # there the server is its parent, and has seen its end
            ours.send((1, b""))
        process.join()
        with pytest.raises(ProcessLookupError):
            ours.send((2, b""))


NEW_OWNER = """
import os
from signal import *

def start():
    if not (pid := os.fork()):
        pause()
    return pid

def start_with_id(pid):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(pid - 1))
    assert start() == pid

def end(pid):
    os.kill(pid, SIGKILL)
    os.waitpid(pid, 0)

first = start()
pidfd = os.pidfd_open(first)
end(first)
start_with_id(first)
try:
    pidfd_send_signal(pidfd, SIGUSR1)
except ProcessLookupError:
    print("the pidfd: ProcessLookupError")
os.kill(first, SIGUSR1)
print("the id: ended by", Signals(-os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])).name)
"""
"""The first process of a namespace of process ids, where the next id can be chosen."""


@needs_linux
def test_an_id_may_have_a_new_owner_and_a_pidfd_has_none() -> None:
    unshare = "unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"
    try:
        run(*unshare, "test", "-w", "/proc/sys/kernel/ns_last_pid")
    except (OSError, AssertionError):
        pytest.skip("no namespace of process ids can be made here")
    done = run(*unshare, *CODE, NEW_OWNER)
    assert done.stdout == "the pidfd: ProcessLookupError\nthe id: ended by SIGUSR1\n"
