"""The fixtures that carry the suite: every mechanism, every start method, nothing left."""

from __future__ import annotations

import multiprocessing
import signal
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ipc_cookbook import catalog
from ipc_cookbook.hosts.remote import reaching_hosts, through_servers
from ipc_cookbook.leftovers import Leftovers, private_temporary_folder, start_lasting_helpers
from samples import skip_unless_here

settings.register_profile("suite", deadline=None, database=None)
settings.load_profile("suite")


START_METHODS = multiprocessing.get_all_start_methods()
FEW = 3
PART = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the sweep what is more than a sample.

    Every test of every recipe, those of one recipe alone, and those that are marked, meet one
    start method each, in rotation. Those marked as such are played by a few recipes, or with
    one case of :data:`PART`, the first at least; what that leaves out is marked as the rest. Each
    test begins with another method and another recipe, so that all of them have their turn.
    """
    names = catalog.names()
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    cases: Counter[str] = Counter()
    for item in items:
        given = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        test = item.nodeid.partition("[")[0]
        first = zlib.crc32(test.rpartition(":")[2].encode())
        if "transport" in given and item.get_closest_marker("few"):
            distance = (names.index(given["transport"]) + first) % len(names)
            if distance % max(1, len(names) // FEW):
                item.add_marker(pytest.mark.sweep)
        is_of_one = item.path.parent.name == "recipes"
        is_sampled = "transport" in given or is_of_one or item.get_closest_marker("sampled")
        if "start_method" in given and is_sampled:
            method, known = given.pop("start_method"), seen[test]
            number = known.setdefault(str(sorted(given.items())), len(known))
            if method != START_METHODS[(first + number) % len(START_METHODS)]:
                item.add_marker(pytest.mark.sweep)
        if item.get_closest_marker("part") and not item.get_closest_marker("sweep"):
            if cases[test] % PART:
                item.add_marker(pytest.mark.rest)
            cases[test] += 1
        if "site" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.rest)  # the whole book is built for it


@pytest.fixture(params=catalog.names())
def transport(request: pytest.FixtureRequest) -> str:
    """The name of each recipe that can run here; the others are skipped with their reason."""
    name: str = request.param
    skip_unless_here(name)
    return name


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each way to start a process that there is here."""
    method: str = request.param
    return method


@pytest.fixture(params=reaching_hosts())
def remote(request: pytest.FixtureRequest) -> str:
    """The name of each recipe that plays between hosts."""
    name: str = request.param
    skip_unless_here(name)
    return name


@pytest.fixture(params=through_servers())
def served(request: pytest.FixtureRequest) -> str:
    """The name of each recipe that plays through a server."""
    name: str = request.param
    skip_unless_here(name)
    return name


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of both players. Not to be changed."""
    return made_keys(tmp_path_factory.mktemp("keys") / "ours")


@pytest.fixture(scope="session")
def foreign_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that were made without any regard to those."""
    return made_keys(tmp_path_factory.mktemp("keys") / "foreign")


def made_keys(folder: Path) -> Path:
    pytest.importorskip("trustme", reason="keys are made with it")
    from ipc_cookbook.hosts.new_keys import make

    make(str(folder), ["a.example"])
    return folder


@pytest.fixture(scope="session", autouse=True)
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    tmp_path_factory.getbasetemp()  # outside of the folder that is watched
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
    with private_temporary_folder():
        start_lasting_helpers()
        yield


@pytest.fixture(autouse=True)
def _nothing_left_behind(_prepared: None) -> Iterator[None]:
    before = Leftovers.now()
    yield
    before.assert_nothing_new()
