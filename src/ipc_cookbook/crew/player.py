"""What runs in a player's process: its part, and the report on it."""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from ipc_cookbook.crew.board import Board
from ipc_cookbook.crew.guard import guard
from ipc_cookbook.crew.report import Failure, Records, send_report
from ipc_cookbook.transport import End, Endpoint

Part = Callable[[Endpoint, "Desk"], tuple[Any, Records]]
"""What a player does with its endpoint. Returns a picklable summary and its records."""


class Desk(NamedTuple):
    """What a part finds in its process besides the endpoint.

    ``counters[number]`` is for the words it has said; the payload is the one to send.
    """

    number: int
    counters: memoryview
    payload: memoryview


def run_player(board: Board, number: int, part: Part, end: End, outbox: Connection) -> None:
    """Play the part and report: the main function of a player's process."""
    failed_at_ns = 0
    try:
        guard(board)
        counters = board.counters
        counters[2 + number] = os.getpid()
        counters[number] = 0
        with end if isinstance(end, AbstractContextManager) else nullcontext(end) as endpoint:
            try:
                summary, records = part(endpoint, Desk(number, counters, board.payload))
            except BaseException:
                failed_at_ns = time.perf_counter_ns()
                raise
    except SystemExit:
        raise
    except BaseException as error:
        send_report(outbox, Failure.of(error, failed_at_ns or time.perf_counter_ns()))
        os._exit(1)
    send_report(outbox, summary, records)
    counters[2 + number] = 0
