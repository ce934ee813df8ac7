"""Build the book, as its tests need it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
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


def pages(site: Path) -> list[str]:
    """The names of all pages: ``recipes/pipe.html``."""
    found = (page for page in site.rglob("*.html") if "_static" not in page.parts)
    return sorted(page.relative_to(site).as_posix() for page in found)
