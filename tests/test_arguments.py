"""Bad input: one clear error, before any process starts."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from typing import Any

import pytest

import ipc_cookbook
from ipc_cookbook import (
    PingPongError,
    TransportUnavailable,
    UnknownTransport,
    run_pingpong,
)
from ipc_cookbook.recipes import pipe

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any process that is about to start is a failure."""

    def start(process: multiprocessing.process.BaseProcess) -> None:
        pytest.fail(f"{process.name} was started")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", start)


BAD: list[tuple[str, object, type[Exception]]] = [
    ("transport", None, TypeError),
    ("transport", 5, TypeError),
    ("transport", b"pipe", TypeError),
    ("transport", object(), TypeError),
    ("transport", type("Transport", (), {"open_pair": pipe.open_pair}), TypeError),
    ("transport", sys, TypeError),
    ("tokens", -1, ValueError),
    ("tokens", 2**63, ValueError),
    ("tokens", 2.5, TypeError),
    ("tokens", 50.0, TypeError),
    ("tokens", True, TypeError),
    ("tokens", "5", TypeError),
    ("tokens", None, TypeError),
    ("payload", "luggage", TypeError),
    ("payload", 5, TypeError),
    ("payload", None, TypeError),
    ("payload", [1, 2], TypeError),
    ("delay", -1, ValueError),
    ("delay", NAN, ValueError),
    ("delay", INFINITY, ValueError),
    ("delay", "x", TypeError),
    ("delay", None, TypeError),
    ("delay", True, TypeError),
    ("timeout", -1, ValueError),
    ("timeout", -0.001, ValueError),
    ("timeout", NAN, ValueError),
    ("timeout", INFINITY, ValueError),
    ("timeout", "60", TypeError),
    ("start_method", "thread", ValueError),
    ("start_method", "", ValueError),
    ("start_method", 5, ValueError),
]


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(("argument", "value", "error"), BAD)
def test_bad_arguments(argument: str, value: object, error: type[Exception]) -> None:
    given: dict[str, Any] = {"transport": "pipe", argument: value}
    with pytest.raises(error, match=rf"^{argument} must be ") as caught:
        run_pingpong(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("no_process")
def test_the_check_for_processes_works() -> None:
    with pytest.raises(pytest.fail.Exception, match="Ping was started"):
        run_pingpong("pipe")


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(
    ("name", "near"), [("pip", "pipe"), ("sockets", "socket"), ("zmq", "zeromq"), ("", "pipe")]
)
def test_an_unknown_name(name: str, near: str) -> None:
    with pytest.raises(UnknownTransport, match=near) as caught:
        run_pingpong(name)
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, PingPongError)
    assert repr(name) in str(caught.value)


@pytest.mark.usefixtures("no_process")
def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zmq", None)
    monkeypatch.delitem(sys.modules, "ipc_cookbook.recipes.zeromq", raising=False)
    with pytest.raises(TransportUnavailable, match="pip install pyzmq") as caught:
        run_pingpong("zeromq")
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, PingPongError)


@pytest.mark.usefixtures("no_process")
def test_a_payload_that_cannot_be_carried() -> None:
    with pytest.raises(ValueError, match=r"^payload must be empty"):
        run_pingpong("global", payload=b"luggage")


def error_of(play: Callable[[], object]) -> str:
    try:
        play()
    except PingPongError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def play() -> None:
    run_pingpong("pipe")


def test_a_daemonic_process_may_not_play(start_method: str) -> None:
    with multiprocessing.get_context(start_method).Pool(1) as pool:
        error = pool.apply(error_of, (play,))
        pool.close()
        pool.join()
    assert error.startswith("PingPongError: ")
    assert "daemonic" in error


def test_the_errors_have_one_base() -> None:
    for name in ipc_cookbook.__all__:
        exported = getattr(ipc_cookbook, name)
        if isinstance(exported, type) and issubclass(exported, BaseException):
            assert issubclass(exported, PingPongError)
