"""Bad input: one clear error, before any process starts."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any

import pytest

import ipc_cookbook
from homemade import HomemadeTransport
from ipc_cookbook import (
    PingPongError,
    TransportUnavailable,
    UnknownTransport,
    run_pingpong,
)
from ipc_cookbook.transport import End
from missing import modules_of, what_to_install
from samples import NEEDS_PACKAGE, OTHER, PLAIN, module_of

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
    ("transport", PLAIN.encode(), TypeError),
    ("transport", object(), TypeError),
    ("transport", HomemadeTransport, TypeError),
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
@pytest.mark.parametrize(("argument", "given", "error"), BAD)
def test_bad_arguments(argument: str, given: object, error: type[Exception]) -> None:
    arguments: dict[str, Any] = {"transport": PLAIN, argument: given}
    with pytest.raises(error, match=rf"^{argument} must be ") as caught:
        run_pingpong(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("no_process")
def test_the_check_for_processes_works() -> None:
    with pytest.raises(pytest.fail.Exception, match="Ping was started"):
        run_pingpong(PLAIN)


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(
    ("name", "near"),
    [
        (PLAIN[:-1], f"did you mean {PLAIN}"),
        (f"{OTHER}s", f"did you mean {OTHER}"),
        (f"{NEEDS_PACKAGE[0]}-{NEEDS_PACKAGE[1:]}", f"did you mean {NEEDS_PACKAGE}"),
        ("", f"there are .*{PLAIN}, .*{OTHER}"),
    ],
)
def test_an_unknown_name(name: str, near: str) -> None:
    with pytest.raises(UnknownTransport, match=near) as caught:
        run_pingpong(name)
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, PingPongError)
    assert repr(name) in str(caught.value)


@pytest.mark.usefixtures("no_process")
def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in modules_of(NEEDS_PACKAGE):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, module_of(NEEDS_PACKAGE), raising=False)
    with pytest.raises(TransportUnavailable) as caught:
        run_pingpong(NEEDS_PACKAGE)
    assert str(caught.value) == what_to_install(NEEDS_PACKAGE)
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, PingPongError)


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        (NEEDS_PACKAGE, ImportError("this platform lacks it")),
        (PLAIN, ImportError("this platform lacks it")),
        (PLAIN, ModuleNotFoundError("No module named '_multiprocessing'")),
    ],
    ids=["the package lacks something", "the system does", "Python does"],
)
def test_what_no_package_would_mend(
    monkeypatch: pytest.MonkeyPatch, name: str, error: ImportError
) -> None:
    """It is told as it is, and nobody is sent to install anything."""

    class Lack:
        @staticmethod
        def find_spec(module: str, *details: object) -> None:
            if module == module_of(name):
                raise error

    monkeypatch.setattr(sys, "meta_path", [Lack, *sys.meta_path])
    monkeypatch.delitem(sys.modules, module_of(name), raising=False)
    with pytest.raises(TransportUnavailable) as caught:
        run_pingpong(name)
    assert str(caught.value) == f"{name} cannot be imported here: {error}"


class NothingCarried:
    """Has no room for a payload."""

    @contextmanager
    def open_pair(self, context: BaseContext, max_payload: int) -> Iterator[tuple[End, End]]:
        if max_payload:
            raise ValueError(f"payload must be empty, not {max_payload} bytes")
        with HomemadeTransport().open_pair(context, max_payload) as ends:
            yield ends


@pytest.mark.usefixtures("no_process")
def test_a_payload_that_cannot_be_carried() -> None:
    with pytest.raises(ValueError, match=r"^payload must be empty, not 7 bytes$"):
        run_pingpong(NothingCarried(), payload=b"luggage")


def error_of(play: Callable[[], object]) -> str:
    try:
        play()
    except PingPongError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def play() -> None:
    run_pingpong(PLAIN)


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
