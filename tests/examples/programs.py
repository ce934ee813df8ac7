"""The programs of ``examples/``, as their users run them: from anywhere, and each by itself."""

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))


def command(program: str, *arguments: object) -> list[str]:
    """``-P``: no other file of its folder can be imported."""
    return [sys.executable, "-P", str(EXAMPLES / program), *map(str, arguments)]
