"""Every recipe module is a ``Transport``, as far as a type checker can see."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from driver import run
from ipc_cookbook import catalog
from samples import skip_unless_here

CLAIM = """
from ipc_cookbook import Transport
from ipc_cookbook.recipes import {module}

transport: Transport = {module}
"""
NO_TRANSPORT = """
import sys

from ipc_cookbook import Transport

transport: Transport = sys  # type: ignore[assignment]
"""
OF_ONE_S_OWN = """
from homemade import HomemadeTransport
from ipc_cookbook import Transport

transport: Transport = HomemadeTransport()
"""
TESTS = Path(__file__).parent


def check_types(folder: Path) -> None:
    """In strict mode an unused ``type: ignore`` is an error, so those count too."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    cache = f"--cache-dir={folder / 'cache'}"
    run(sys.executable, "-m", "mypy", "--strict", cache, ".", cwd=folder, limit_s=60)


def test_recipes_are_transports(tmp_path: Path) -> None:
    for module in catalog.MODULES.values():
        (tmp_path / f"claim_{module}.py").write_text(CLAIM.format(module=module))
    (tmp_path / "claim_no_transport.py").write_text(NO_TRANSPORT)
    (tmp_path / "claim_own.py").write_text(OF_ONE_S_OWN)
    shutil.copy(TESTS / "homemade.py", tmp_path)
    check_types(tmp_path)


def test_programs_fit_the_recipes_they_take_home(tmp_path: Path) -> None:
    for name in catalog.names():
        skip_unless_here(name)
        stem = name.replace("-", "_")
        shutil.copy(catalog.path_of(name), tmp_path / f"{stem}_recipe.py")
        shutil.copy(catalog.program_path_of(name), tmp_path)
    check_types(tmp_path)
