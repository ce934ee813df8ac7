"""What the page on JSON documents."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "json.rst"


def documented(section: str) -> set[str]:
    """The terms of a section's definition lists."""
    text = PAGE.read_text(encoding="utf-8")
    whole = rf"^{section}\n-+\n(.*?)(?:^[^\n]+\n---+$|\Z)"
    found = re.search(whole, text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return set(re.findall(r"^``(\w+)``$", found[1], re.MULTILINE))
