"""The list of recipes, and what every recipe's page has: the code, whole, and how to run it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.tables import DASH, Generated, link, table_text
from ipc_cookbook import catalog


class RecipeCode(SphinxDirective):
    """The recipe's module, or one class or function of it; the content names lines to mark.

    A line of the content is a part of a line of the module. If no line has it, that is an error.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[OptionSpec] = {"pyobject": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        recipe = catalog.describe(self.arguments[0])
        path = Path(recipe.path)
        self.env.note_dependency(recipe.path)
        source = path.read_text(encoding="utf-8")
        if part := self.options.get("pyobject"):
            source = definition(source, part)
        lines = source.splitlines()
        marked = set()
        for part in filter(None, map(str.strip, self.content)):
            found = [number for number, line in enumerate(lines, 1) if part in line]
            if not found:
                raise self.error(f"no line of {path.name} has {part!r}")
            marked.update(found)
        code = nodes.literal_block(source, source, language="python")
        code["highlight_args"] = {"hl_lines": sorted(marked)}
        code["classes"].append("recipe")
        caption = nodes.caption("", "", nodes.literal("", f"ipc_cookbook/recipes/{path.name}"))
        caption["translatable"] = False
        block = nodes.container("", caption, code, classes=["literal-block-wrapper"])
        block["literal_block"] = True
        self.set_source_info(code)
        self.set_source_info(block)
        return [block]


def definition(source: str, name: str) -> str:
    """The text of a class or function at the top level of a module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return f"{ast.get_source_segment(source, node)}\n"
    raise ValueError(f"there is no {name!r} in the module")


class RecipeList(Generated):
    """Every recipe of the catalog: a table, and the entries of the navigation."""

    def text(self) -> str:
        rows = []
        for name in catalog.names():
            recipe = catalog.describe(name)
            self.env.note_dependency(recipe.path)
            promised = ", ".join(sorted(recipe.guarantees)) or "nothing"
            needs = recipe.needs or DASH
            rows.append((link(name), recipe.mechanism, promised, recipe.reach, needs))
        pages = [f"   /recipes/{name}" for name in catalog.names()]
        head = ("Recipe", "Mechanism", "Promises", "Reaches", "Needs")
        return "\n".join([table_text(head, rows), "", ".. toctree::", "   :hidden:", "", *pages])


class RunIt(Generated):
    """The commands, with pip and with uv, and what a run of them printed."""

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"options": directives.unchanged}

    def text(self) -> str:
        name = self.arguments[0]
        command = f"python -m ipc_cookbook {name} {self.options.get('options', '')}".rstrip()
        transcript = self.arguments[1] if len(self.arguments) > 1 else name
        return f"""\
.. tab-set::
   :sync-group: installer

   .. tab-item:: pip
      :sync: pip

      In a copy of the repository:

      .. code-block:: console

         $ python -m pip install .
         $ {command}

   .. tab-item:: uv
      :sync: uv

      In a copy of the repository:

      .. code-block:: console

         $ uv run {command}

A run of it:

.. literalinclude:: /_transcripts/{transcript}.txt
   :language: console
"""


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("recipe-code", RecipeCode)
    app.add_directive("recipe-list", RecipeList)
    app.add_directive("run-it", RunIt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
