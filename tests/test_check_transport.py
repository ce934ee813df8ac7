"""``check_transport`` passes who keeps the promises, and names the one that is broken."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from homemade import HomemadeTransport
from ipc_cookbook import promises, testing
from ipc_cookbook.testing import PromiseBroken, check_transport
from ipc_cookbook.transport import Message
from samples import NO_COUNT, NO_ORDER

PAYLOADS = (0, 1, 1000)
FIRST, *_ = multiprocessing.get_all_start_methods()


class LimitedEnd:
    """One end of a pipe, as it should be. Those that break a promise build on it."""

    def __init__(self, connection: Connection, max_payload: int) -> None:
        self.connection, self.max_payload = connection, max_payload

    def send(self, message: Message) -> None:
        size = len(message[1])
        if size > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.put(message)

    def put(self, message: Message) -> None:
        self.connection.send(message)

    def recv(self) -> Message:
        message: Message = self.connection.recv()
        return message


class SkippingEnd(LimitedEnd):
    def put(self, message: Message) -> None:
        token, payload = message
        super().put((token + 2 if token == 11 else token, payload))


class CuttingEnd(LimitedEnd):
    def put(self, message: Message) -> None:
        super().put((message[0], message[1][:100]))


class PaddingEnd(LimitedEnd):
    """Like memory of a fixed size that does not say how much of it is used."""

    def put(self, message: Message) -> None:
        super().put((message[0], message[1].ljust(self.max_payload, b"\0")))


class KeepingTheTailEnd(LimitedEnd):
    """Like memory that is written over, and read as far as it ever was written."""

    tail = b""

    def put(self, message: Message) -> None:
        self.tail = message[1] + self.tail[len(message[1]) :]
        super().put((message[0], self.tail))


class ChangingEnd(LimitedEnd):
    def put(self, message: Message) -> None:
        super().put((message[0], message[1].replace(b"\0", b" ")))


class CuttingWhatIsTooLongEnd(LimitedEnd):
    def send(self, message: Message) -> None:
        super().send((message[0], message[1][: self.max_payload]))


class VagueEnd(LimitedEnd):
    def send(self, message: Message) -> None:
        if len(message[1]) > self.max_payload:
            raise ValueError("too long")
        super().send(message)


class ByteArrayEnd(LimitedEnd):
    def put(self, message: Message) -> None:
        self.connection.send((message[0], bytearray(message[1])))


class UnpicklableEnd(LimitedEnd):
    def __init__(self, connection: Connection, max_payload: int) -> None:
        super().__init__(connection, max_payload)
        self.lock = threading.Lock()


class FailingEnd(LimitedEnd):
    def put(self, message: Message) -> None:
        if message[0] == 5:
            raise LookupError("lost")
        super().put(message)


class PipeWith:
    """A pipe with ends of a kind; some leave something."""

    def __init__(self, kind: type[LimitedEnd], leave: Callable[[], object] = bool) -> None:
        self.kind, self.leave = kind, leave

    @contextmanager
    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> Iterator[tuple[LimitedEnd, LimitedEnd]]:
        first, second = context.Pipe()
        with first, second:
            yield self.kind(first, max_payload), self.kind(second, max_payload)
        self.leave()


def test_who_keeps_the_promises_passes() -> None:
    check_transport(PipeWith(LimitedEnd), start_methods=[FIRST], payloads=PAYLOADS)


def test_all_start_methods_are_checked(monkeypatch: pytest.MonkeyPatch, start_method: str) -> None:
    seen = []
    monkeypatch.setattr(testing, "CHECKS", [lambda trial: seen.append(trial.start_method)])
    check_transport(PipeWith(LimitedEnd))
    assert start_method in seen


@pytest.mark.parametrize("name", [*NO_COUNT, *NO_ORDER])
def test_who_promises_less_is_held_to_less(name: str) -> None:
    promised = set() if name in NO_COUNT else {"count"}
    check_transport(name, start_methods=[FIRST], guarantees=promised, payloads=PAYLOADS)
    with pytest.raises(PromiseBroken) as caught:
        check_transport(name, start_methods=[FIRST], payloads=PAYLOADS)
    assert caught.value.promise == ("order" if promised else "count")


@pytest.mark.parametrize(
    ("kind", "promise", "message"),
    [
        (SkippingEnd, "count", "48 words were said, not 50"),
        (CuttingEnd, "payload", "one of 1000 bytes did not come back as it was sent"),
        (PaddingEnd, "payload", "0 bytes were sent, after others of another length, and 1000"),
        (KeepingTheTailEnd, "payload", "bytes were sent, after others of another length, and 1000"),
        (ChangingEnd, "payload", "one of 1000 bytes did not come back as it was sent"),
        (CuttingWhatIsTooLongEnd, "limit", "a payload of 1001 bytes, where 1000 were agreed"),
        (VagueEnd, "limit", "the ValueError must name 1000 and 1001, not say: too long"),
        (ByteArrayEnd, "payload", "bytes were sent, and a bytearray arrived"),
        (
            UnpicklableEnd,
            "a whole game",
            r"of 50 words with 0 bytes each: TypeError\(.cannot pickle",
        ),
        (FailingEnd, "a whole game", "of 50 words with 0 bytes each: Ping .* LookupError: lost"),
    ],
)
def test_a_broken_promise_is_named(kind: type[LimitedEnd], promise: str, message: str) -> None:
    method = "spawn" if kind is UnpicklableEnd else FIRST
    with pytest.raises(PromiseBroken, match=message) as caught:
        check_transport(PipeWith(kind), start_methods=[method], payloads=PAYLOADS)
    assert caught.value.promise == promise
    assert str(caught.value).startswith(f"PipeWith under {method}: {promise}: ")


def test_a_transport_without_a_limit_is_found() -> None:
    with pytest.raises(PromiseBroken, match="a payload of 1001 bytes"):
        check_transport(HomemadeTransport(), start_methods=[FIRST], payloads=PAYLOADS)


LEFT: list[Any] = []


def leave_a_file() -> None:
    LEFT.append(tempfile.mkstemp())
    os.close(LEFT[-1][0])


def leave_a_descriptor() -> None:
    LEFT.append(open(os.devnull))  # noqa: SIM115


def leave_a_thread() -> None:
    over = threading.Event()
    LEFT.append((over, threading.Thread(target=over.wait)))
    LEFT[-1][1].start()


def tidy_up() -> None:
    while LEFT:
        match LEFT.pop():
            case (threading.Event() as over, threading.Thread() as thread):
                over.set()
                thread.join()
            case (int(), str()):
                pass  # it went with its folder
            case file:
                file.close()


@pytest.mark.parametrize(
    ("leave", "what"),
    [
        (leave_a_file, "temporary file"),
        (leave_a_descriptor, f"descriptor of {os.devnull}"),
        (leave_a_thread, "thread Thread-"),
    ],
)
def test_what_is_left_is_named(
    leave: Callable[[], None], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "PATIENCE_S", 0.1)
    with pytest.raises(PromiseBroken, match=f"nothing left: left behind: .*{what}") as caught:
        check_transport(PipeWith(LimitedEnd, leave), start_methods=[FIRST], payloads=PAYLOADS)
    tidy_up()
    assert caught.value.promise == "nothing left"


def raise_instead() -> None:
    raise ValueError("not what was meant")


@pytest.mark.parametrize(("act", "promise"), [("die", "dead peer"), ("stop", "stopped peer")])
def test_a_fault_that_is_taken_for_another_is_named(
    act: str, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, act, raise_instead)
    with pytest.raises(PromiseBroken, match="not what was meant") as caught:
        check_transport(PipeWith(LimitedEnd), start_methods=[FIRST], payloads=PAYLOADS)
    assert caught.value.promise == promise


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"payloads": ()}, ValueError, "payloads must hold at least one"),
        ({"payloads": 5}, TypeError, "payloads must be a list or a set, not 5"),
        ({"guarantees": None}, TypeError, "guarantees must be a list or a set"),
        ({"start_methods": []}, ValueError, "start_methods must hold at least one"),
        ({"payloads": (-1,)}, ValueError, "payloads must be 0 or more"),
        ({"payloads": ("1",)}, TypeError, "payloads must be a whole number"),
        ({"guarantees": {"speed"}}, ValueError, "guarantees must be among count, order"),
        ({"start_methods": "fork"}, TypeError, "start_methods must be a list or a set"),
        ({"start_methods": ["spoon"]}, ValueError, "start_method must be one of"),
        ({"transport": object()}, TypeError, "transport must be the name of a recipe"),
        ({"transport": "spoon"}, LookupError, "no recipe is called 'spoon'"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], complaint: str) -> None:
    given = {"transport": PipeWith(LimitedEnd), **arguments}
    with pytest.raises(error, match=complaint):
        check_transport(given.pop("transport"), **given)
