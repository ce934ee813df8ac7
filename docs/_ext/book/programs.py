"""Programs on a page: under the name of their file, with a link that takes the file home."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

PARTS = {"pyobject", "lines", "start-after", "start-at", "end-before", "end-at"}


def code_block(
    directive: SphinxDirective,
    kind: str,
    source: str,
    name: str,
    marked: Sequence[int] = (),
    file: str = "",
) -> nodes.container:
    """Code under the name of its file, with some lines marked.

    :param kind: its class in HTML.
    :param file: the file, if it is shown whole.
    """
    code = nodes.literal_block(source, source, language="python")
    code["highlight_args"] = {"hl_lines": list(marked)}
    code["classes"].append(kind)
    directive.set_source_info(code)
    return under_its_name(directive, code, name, file)


def under_its_name(
    directive: SphinxDirective, code: nodes.Element, name: str, file: str
) -> nodes.container:
    heading = nodes.caption("", "", nodes.literal("", name))
    heading["translatable"] = False
    if file:
        path = os.path.relpath(file, directive.env.srcdir)
        link = addnodes.download_reference("", "", reftarget=f"/{path}", classes=["take-home"])
        link += nodes.inline("", f"Download {Path(file).name}")
        heading += link
    block = nodes.container("", heading, code, classes=["literal-block-wrapper"])
    block["literal_block"] = True
    directive.set_source_info(block)
    return block


class ProgramInclude(LiteralInclude):
    """``literalinclude``; a Python file that is shown whole can be downloaded."""

    def run(self) -> list[nodes.Node]:
        found = super().run()
        is_whole = not PARTS & self.options.keys() and "caption" not in self.options
        if self.arguments[0].endswith(".py") and is_whole and isinstance(found[0], nodes.Element):
            _, file = self.env.relfn2path(self.arguments[0])
            found[0]["classes"].append("whole")
            return [under_its_name(self, found[0], Path(file).name, file)]
        return found


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("literalinclude", ProgramInclude, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
