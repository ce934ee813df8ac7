"""Why the global variable fails: threads share it, processes do not."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import pytest

from ipc_cookbook.recipes import global_variable
from ipc_cookbook.recipes.global_variable import GlobalVariable

Ends = tuple[GlobalVariable, GlobalVariable]
BEFORE = (0, b"")
SENT = (7, b"hello")


@pytest.fixture
def ends() -> Iterator[Ends]:
    context = multiprocessing.get_context("spawn")
    with global_variable.open_pair(context, 100) as both:
        yield both
    global_variable.message = BEFORE


def run_in_thread(target: Callable[[], object]) -> None:
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


def report(end: GlobalVariable, outbox: Connection) -> None:
    outbox.send(end.recv())


def test_two_threads_share_it(ends: Ends) -> None:
    ping, pong = ends
    received: list[tuple[int, bytes]] = []
    run_in_thread(lambda: ping.send(SENT))
    run_in_thread(lambda: received.append(pong.recv()))
    assert received == [SENT]


def test_two_processes_do_not(ends: Ends, start_method: str) -> None:
    ping, pong = ends
    context = multiprocessing.get_context(start_method)
    inbox, outbox = context.Pipe(duplex=False)
    with inbox, outbox:
        for target, args in (ping.send, (SENT,)), (report, (pong, outbox)):
            process = context.Process(target=target, args=args)  # type: ignore[attr-defined]
            process.start()
            process.join()
            assert process.exitcode == 0
            process.close()
        assert inbox.recv() == BEFORE
    assert ping.recv() == BEFORE
