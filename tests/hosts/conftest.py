"""Keys, made once: there is nothing about them that a test could wear out."""

from __future__ import annotations

from pathlib import Path

import pytest
from two_sides import REMOTE

pytest.importorskip("cryptography", reason="the keys need it")

from ipc_cookbook.hosts import keys as all_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both sides' keys, for this machine's loopback names and one more."""
    folder = tmp_path_factory.mktemp("keys") / "ours"
    all_keys.make(str(folder), ["a.example"])
    return folder


@pytest.fixture(scope="session")
def foreign_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that were made without any regard to those."""
    folder = tmp_path_factory.mktemp("keys") / "foreign"
    all_keys.make(str(folder), ["a.example"])
    return folder


@pytest.fixture(params=REMOTE)
def recipe(request: pytest.FixtureRequest) -> str:
    """Each recipe that reaches other hosts."""
    name: str = request.param
    return name


@pytest.fixture(params=[True, False], ids=["keys", "bare"])
def keys_or_none(request: pytest.FixtureRequest, keys: Path) -> Path | None:
    return keys if request.param else None
