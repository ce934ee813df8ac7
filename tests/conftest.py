"""The fixtures that carry the suite: every mechanism, every start method, nothing left."""

from __future__ import annotations

import multiprocessing
import signal
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ipc_cookbook.catalog import MODULES
from ipc_cookbook.leftovers import Leftovers, private_temporary_folder, start_lasting_helpers

settings.register_profile("suite", deadline=None, database=None)
settings.load_profile("suite")


START_METHODS = multiprocessing.get_all_start_methods()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the sweep what is more than a sample: one start method each, in rotation."""
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("sampled"):
            given = dict(item.callspec.params)
            method, cases = given.pop("start_method"), seen[item.function.__qualname__]
            number = cases.setdefault(str(sorted(given.items())), len(cases))
            if method != START_METHODS[number % len(START_METHODS)]:
                item.add_marker(pytest.mark.sweep)


@pytest.fixture(params=list(MODULES))
def transport(request: pytest.FixtureRequest) -> str:
    """The name of each recipe."""
    name: str = request.param
    return name


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each way to start a process that there is here."""
    method: str = request.param
    return method


@pytest.fixture(params=["socket", "zeromq"])
def recipe(request: pytest.FixtureRequest) -> str:
    """Each recipe that reaches other hosts."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of two hosts' sides. Not to be changed."""
    return made_keys(tmp_path_factory.mktemp("keys") / "ours")


@pytest.fixture(scope="session")
def foreign_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that were made without any regard to those."""
    return made_keys(tmp_path_factory.mktemp("keys") / "foreign")


def made_keys(folder: Path) -> Path:
    pytest.importorskip("cryptography", reason="keys are made with it")
    from ipc_cookbook.hosts.new_keys import make

    make(str(folder), ["a.example"])
    return folder


@pytest.fixture(params=[True, False], ids=["keys", "bare"])
def keys_or_none(request: pytest.FixtureRequest, keys: Path) -> Path | None:
    return keys if request.param else None


@pytest.fixture(scope="session", autouse=True)
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    tmp_path_factory.getbasetemp()  # outside of the folder that is watched
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
    with private_temporary_folder():
        start_lasting_helpers()
        yield


@pytest.fixture(autouse=True)
def _nothing_left_behind(_prepared: None) -> Iterator[None]:
    before = Leftovers.now()
    yield
    before.assert_nothing_new()
