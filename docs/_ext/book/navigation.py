"""Headings in the navigation say how deep they are, as screen readers need to know."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

KEY = "furo_navigation_tree"


def add_levels(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    if KEY in context:
        context[KEY] = context[KEY].replace('role="heading">', 'role="heading" aria-level="2">')


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("html-page-context", add_levels, priority=900)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
