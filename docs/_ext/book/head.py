"""What others show of a page: its title and its first paragraph.

Search engines and chats take them from the page's head, programs from ``llms.txt``, which lists
all pages in the order of the book.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

LONGEST = 200
"""Characters of a description; others cut what is longer."""


def description_of(tree: nodes.document) -> str:
    """The first paragraph, as far as its sentences fit; or as many of its words as do."""
    text = next((each.astext() for each in tree.findall(nodes.paragraph) if is_plain(each)), "")
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    sentences, dot, _ = text[:LONGEST].rpartition(". ")
    return f"{sentences}." if dot else f"{text[: LONGEST - 3].rpartition(' ')[0]}..."


def is_plain(paragraph: nodes.paragraph) -> bool:
    return isinstance(paragraph.parent, nodes.section) or "lead" in paragraph.parent.get(
        "classes", ()
    )


def add_tags(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    if tree is None:
        return
    description = description_of(tree)
    seen = {
        "og:type": "article",
        "og:site_name": app.config.project,
        "og:title": app.env.titles[page].astext(),
        "og:description": description,
        "og:url": f"{app.config.html_baseurl}{app.builder.get_target_uri(page)}",
    }
    tags = [f'<meta name="description" content="{escape(description)}" />']
    tags += [f'<meta property="{name}" content="{escape(text)}" />' for name, text in seen.items()]
    context["metatags"] += "\n".join(tags)


def write_index(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    lines = [f"# {app.config.project}", ""]
    for page in in_order(app, app.config.root_doc):
        address = f"{app.config.html_baseurl}{app.builder.get_target_uri(page)}"
        description = description_of(app.env.get_doctree(page))
        lines.append(f"- [{app.env.titles[page].astext()}]({address}): {description}")
    Path(app.outdir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def in_order(app: Sphinx, page: str) -> list[str]:
    """A page and all below it."""
    below = app.env.toctree_includes.get(page, [])
    return [page, *(each for name in below for each in in_order(app, name))]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
