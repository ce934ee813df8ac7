"""What these tests need that not everybody has installed."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest

PACKAGES = ("numpy", "msgspec")
HAS_BENCH = all(importlib.util.find_spec(package) for package in PACKAGES)
HAS_PLOT = HAS_BENCH and importlib.util.find_spec("matplotlib") is not None


def require_bench() -> Any:
    """Skip the module if the bench extra is not installed; returns numpy.

    It is imported now, with one thread: OpenBLAS ends its threads when a process forks and
    starts them again later, so that they look like something left behind.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    pytest.importorskip("msgspec", reason="needs the bench extra")
    return pytest.importorskip("numpy", reason="needs the bench extra")


def require_plot() -> None:
    """Skip the module if the plot extra is not installed."""
    require_bench()
    pytest.importorskip("matplotlib.figure", reason="needs the plot extra")
