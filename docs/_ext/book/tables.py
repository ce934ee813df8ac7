"""Directives whose text is written when the book is built: tables from facts and recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book import recordings
from ipc_cookbook import catalog

DASH = "—"
NOT_RECORDED = "Not recorded yet."
UNIT = re.compile(r"(?<=\d) (?=(?:us|µs|ms|ns|s|MB/s|B|KiB|MiB)\b)")


def table_text(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    widths: str = "auto",
    stub: bool = True,
    title: str = "",
) -> str:
    """A list-table in reStructuredText."""
    options = ["   :header-rows: 1", f"   :widths: {widths}"]
    if stub:
        options.append("   :stub-columns: 1")
    lines = [f".. list-table:: {title}".rstrip(), *options, ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip())
    return "\n".join(lines)


def link(name: str) -> str:
    return f":doc:`{name} </recipes/{name}>`"


def promised(recipe: catalog.Recipe) -> str:
    return ", ".join(sorted(recipe.guarantees)) or "nothing"


def packages(recipe: catalog.Recipe) -> str:
    return ", ".join(f"``{package}``" for package in recipe.needs)


class Generated(SphinxDirective):
    """A directive whose reStructuredText is written by the program."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        text = recordings.with_micro_sign(UNIT.sub("\N{NO-BREAK SPACE}", self.text()))
        found = self.parse_text_to_nodes(text, allow_section_headings=False)
        for element in found:
            keep_figures_out_of_catalogues(element)
        return found

    def recording(self, name: str) -> Any:
        return recordings.load(self.env, name)


def keep_figures_out_of_catalogues(element: nodes.Node) -> None:
    """Cells without words, and facts about a machine, are the same in every language."""
    for paragraph in element.findall(nodes.paragraph):
        text = paragraph.astext()
        words = re.sub(r"\d[\d.,\u2013]*\s?(?:µs|ms|ns|s|MB/s|B|KiB|MiB)\b", "", text)
        is_fact = isinstance(paragraph.parent, nodes.field_body)
        if is_fact or text in catalog.MODULES or not re.search(r"[A-Za-z]{2}", words):
            paragraph["translatable"] = False
