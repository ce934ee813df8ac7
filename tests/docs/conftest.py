"""The built book, once for all tests, also for those of workers side by side."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from book_site import build


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process is in here. Where there is no ``flock``, go on."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML; beside it are the doctrees."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ and os.name == "posix":
        folder = folder.parent
    target = folder / "book" / "html"
    target.parent.mkdir(exist_ok=True)
    with one_at_a_time(folder / "book" / "lock"):
        if not (target / "index.html").exists():
            build(target)
    return target
