"""The list of recipes, and what every recipe's page has: code, a run, a program of one's own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.programs import code_block
from book.tables import DASH, Generated, link, packages, promised, table_text
from ipc_cookbook import catalog, facts
from ipc_cookbook.cli.extras import packages_of


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
        if part := self.options.get("pyobject", ""):
            source = definition(source, part)
        lines = source.splitlines()
        marked = set()
        for words in filter(None, map(str.strip, self.content)):
            found = [number for number, line in enumerate(lines, 1) if words in line]
            if not found:
                raise self.error(f"no line of {path.name} has {words!r}")
            marked.update(found)
        name = f"ipc_cookbook/recipes/{path.name}"
        file = "" if part else recipe.path
        return [code_block(self, "recipe", source, name, sorted(marked), file)]


def runs_on(recipe: catalog.Recipe) -> str:
    return facts.head(recipe.fields.get("Runs on", ""))


def definition(source: str, name: str) -> str:
    """The text of a class or function at the top level of a module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return f"{ast.get_source_segment(source, node)}\n"
    raise ValueError(f"there is no {name!r} in the module")


class RecipeList(Generated):
    """Every recipe of the catalog: a table for each chapter, and the entries of the navigation."""

    def text(self) -> str:
        head = ("Recipe", "Mechanism", "Promises", "Reach", "Carries", "Needs")
        parts = []
        for chapter, members in catalog.CHAPTERS.items():
            recipes = [catalog.describe(name) for name in members]
            for recipe in recipes:
                self.env.note_dependency(recipe.path)
            rows = [
                (
                    link(recipe.name),
                    recipe.mechanism,
                    promised(recipe),
                    recipe.reach,
                    recipe.carries,
                    ", ".join(filter(None, (packages(recipe), runs_on(recipe)))) or DASH,
                )
                for recipe in recipes
            ]
            parts += [table_text(head, rows, "14 28 14 18 13 13", title=chapter), ""]
            parts += [".. toctree::", "   :hidden:", f"   :caption: {chapter}", ""]
            parts += [*(f"   /recipes/{name}" for name in members), ""]
        return "\n".join(parts)


class RunIt(Generated):
    """The commands, with pip and with uv, and what a run of them printed."""

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"options": directives.unchanged}

    def text(self) -> str:
        name = self.arguments[0]
        command = f"python -m ipc_cookbook {name} {self.options.get('options', '')}".rstrip()
        transcript = self.arguments[1] if len(self.arguments) > 1 else name
        has_extra = bool(packages_of(name))
        package, extra = (f'".[{name}]"', f"--extra {name} ") if has_extra else (".", "")
        return f"""\
.. tab-set::
   :sync-group: installer

   .. tab-item:: pip
      :sync: pip

      In a copy of the repository:

      .. code-block:: console

         $ python -m pip install {package}
         $ {command}

   .. tab-item:: uv
      :sync: uv

      In a copy of the repository:

      .. code-block:: console

         $ uv run {extra}{command}

A run of it:

.. transcript:: {transcript}
"""


class OwnProgram(Generated):
    """How a recipe is taken home, what its program printed there, and that program, whole."""

    required_arguments = 1

    def text(self) -> str:
        return f".. transcript:: own-{self.arguments[0]}\n\nThe whole example:"

    def run(self) -> list[nodes.Node]:
        path = Path(catalog.program_path_of(self.arguments[0]))
        self.env.note_dependency(str(path))
        source = path.read_text(encoding="utf-8")
        program = code_block(self, "program", source, path.name, file=str(path))
        return [*super().run(), program]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("recipe-code", RecipeCode)
    app.add_directive("recipe-list", RecipeList)
    app.add_directive("run-it", RunIt)
    app.add_directive("own-program", OwnProgram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
