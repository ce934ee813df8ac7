"""Transports whose figures are known beforehand, because their players' clock is ours.

A word is said when the schedule says so, however long it really took. All of it pickles.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from ipc_cookbook.bench import summary
from ipc_cookbook.bench.document import Document
from ipc_cookbook.bench.machine import describe_machine
from ipc_cookbook.bench.measure import Measurement, measure
from ipc_cookbook.bench.plan import Mechanism, Plan
from ipc_cookbook.bench.stream import LostMessage
from ipc_cookbook.render.progress import Silence
from ipc_cookbook.transport import Message, Transport

STARTUP_NS = 3_000_000_000


class KnownEnd:
    """One player's end of a pipe. Entered in its process, where it takes over the clock.

    Round trip number i takes ``took_ns[i]``, and so on from the beginning; a message one way
    takes ``message_ns``, and if that is None, each word waits its turn.
    """

    def __init__(
        self, connection: Connection, begins_ns: int, took_ns: Sequence[int], message_ns: int | None
    ) -> None:
        self.connection = connection
        self.begins_ns = self.now_ns = begins_ns
        self.took_ns = took_ns
        self.message_ns = message_ns
        self.received = self.messages = 0
        self.is_stream = False

    def __enter__(self) -> KnownEnd:
        time.perf_counter_ns = lambda: self.now_ns
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.connection.close()

    def send(self, message: Message) -> None:
        self.messages += message[0] % 2  # an acknowledgement is even, and is none
        self.connection.send(message)

    def recv(self) -> Message:
        """Wait, and set the clock: by the token in a game, by the messages so far one way.

        A game goes on with the next token but one; a burst begins far above.
        """
        token, payload = self.connection.recv()
        if self.message_ns is None and token < self.received:
            raise LostMessage
        self.is_stream |= token not in (0, 1, 2, self.received + 2)
        self.received, self.messages = token, self.messages + token % 2
        if self.is_stream:
            self.now_ns = self.begins_ns + self.messages * (self.message_ns or 0)
        else:
            self.now_ns = self.begins_ns + self.round_trips_ns(token // 2) + token % 2
        return token, payload

    def round_trips_ns(self, number: int) -> int:
        """How long so many round trips take."""
        rounds, rest = divmod(number, len(self.took_ns))
        return rounds * sum(self.took_ns) + sum(self.took_ns[:rest])


class KnownTimes:
    """A pipe with a schedule.

    :param schedules: one for each opening, the last one again for all that follow.
    """

    def __init__(self, *schedules: Sequence[int], message_ns: int | None = None) -> None:
        self.schedules = itertools.chain(schedules, itertools.repeat(schedules[-1]))
        self.message_ns = message_ns

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[KnownEnd, KnownEnd]]:
        took_ns = next(self.schedules)
        begins_ns = time.perf_counter_ns() + STARTUP_NS
        first, second = context.Pipe()
        with first, second:
            yield (
                KnownEnd(first, begins_ns, took_ns, self.message_ns),
                KnownEnd(second, begins_ns, took_ns, self.message_ns),
            )


def measured(plan: Plan) -> Measurement:
    return measure(plan, {}, Silence())


def measured_document(plan: Plan) -> Document:
    return summary.build(measured(plan), describe_machine(), datetime.now(UTC))


def mechanism_of(name: str, transport: Transport | None) -> Mechanism:
    is_in_turn = isinstance(transport, KnownTimes) and transport.message_ns is None
    return Mechanism(
        name,
        transport,
        is_reference=transport is None,
        has_stream=transport is not None and not is_in_turn,
    )


def plan_of(transports: Mapping[str, Transport | None], **options: Any) -> Plan:
    """A quick plan; any of its fields can be chosen."""
    mechanisms = tuple(mechanism_of(name, transport) for name, transport in transports.items())
    quick = Plan(mechanisms, multiprocessing.get_all_start_methods()[0], launches=1, tokens=11)
    return quick._replace(**options)


def rounds_of(*launches_us: float) -> list[list[int]]:
    """Schedules for the openings of a mechanism without a stream: one to prepare, then these."""
    return [[1000], *([round(each * 1000)] for each in launches_us)]
