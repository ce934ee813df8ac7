"""Build the book, as its tests need it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

needs_sphinx = pytest.mark.skipif(
    not all(
        map(importlib.util.find_spec, ("sphinx", "furo", "sphinx_design", "sphinx_copybutton"))
    ),
    reason="Sphinx or its theme is missing: pip install '.[docs]'",
)


def build(target: Path, *options: str, source: Path = DOCS) -> None:
    """Build into a folder; warnings are errors.

    :param options: of ``sphinx-build``, such as ``-b gettext``.
    """
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-E", "--keep-going"]
    command += ["-d", str(target.with_suffix(".doctrees")), *options, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr.strip(), done.stderr


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


@pytest.fixture(scope="session", name="site")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML, built once, also for workers side by side; beside it, doctrees."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ and os.name == "posix":
        folder = folder.parent
    target = folder / "book" / "html"
    target.parent.mkdir(exist_ok=True)
    with one_at_a_time(folder / "book" / "lock"):
        if not (target / "index.html").exists():
            build(target)
    return target


def pages(site: Path) -> list[str]:
    """The names of all pages: ``recipes/pipe.html``."""
    found = (page for page in site.rglob("*.html") if "_static" not in page.parts)
    return sorted(page.relative_to(site).as_posix() for page in found)
