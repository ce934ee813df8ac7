"""What every recipe's page has: the code, whole, and how to run it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.tables import Generated
from ipc_cookbook import catalog


class RecipeCode(SphinxDirective):
    """The recipe's module from the first line to the last; the content names lines to mark.

    A line of the content is a part of a line of the module. If no line has it, that is an error.
    """

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        recipe = catalog.describe(self.arguments[0])
        path = Path(recipe.path)
        self.env.note_dependency(recipe.path)
        source = path.read_text(encoding="utf-8")
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
    app.add_directive("run-it", RunIt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
