"""The gallery: the list of pitfalls, and what every pitfall's page has."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from book.programs import code_block
from book.tables import Generated, table_text
from ipc_cookbook import catalog, gallery
from ipc_cookbook.diagnose.rules import RULES
from ipc_cookbook.diagnose.rules.rule import Rule
from ipc_cookbook.gallery import BROKEN, FIXED, Pitfall


def read(directive: SphinxDirective, name: str) -> Pitfall:
    for file in BROKEN, FIXED:
        directive.env.note_dependency(gallery.path_of(name, file))
    return gallery.describe(name)


def thread_link(thread: str) -> str:
    repository, _, number = thread.partition("#")
    project = repository.rpartition("/")[2]
    return f"`{project} #{number} <https://github.com/{repository}/issues/{number}>`__"


class PitfallList(Generated):
    """A table for each chapter, and the entries of the navigation."""

    def text(self) -> str:
        parts = []
        for chapter, members in catalog.PITFALLS.items():
            pitfalls = [read(self, name) for name in members]
            rows = [
                (f":doc:`{each.symptom} </pitfalls/{each.name}>`", f"``{each.name}``")
                for each in pitfalls
            ]
            parts += [table_text(("What you see", "Name"), rows, "70 30", title=chapter), ""]
            parts += [".. toctree::", "   :hidden:", f"   :caption: {chapter}", ""]
            parts += [*(f"   /pitfalls/{name}" for name in members), ""]
        return "\n".join(parts)


class Symptoms(Generated):
    """What somebody may see, each a link to its page."""

    def text(self) -> str:
        pitfalls = [read(self, name) for names in catalog.PITFALLS.values() for name in names]
        lines = (f"   * :doc:`{each.symptom} </pitfalls/{each.name}>`" for each in pitfalls)
        return "\n".join([".. container:: symptoms", "", *lines])


class Messages(SphinxDirective):
    """Each message that a pitfall is known by: a section of its own, the page, and the cause."""

    def run(self) -> list[nodes.Node]:
        parts = []
        for name in gallery.NAMES:
            pitfall = read(self, name)
            for title in dict.fromkeys(map(on_the_screen, pitfall.messages)):
                link = f":doc:`{pitfall.symptom} </pitfalls/{name}>`"
                cause = pitfall.fields["Cause"]
                parts += [f"``{title}``", "-" * (len(title) + 4), "", f"{link}. {cause}", ""]
        return self.parse_text_to_nodes("\n".join(parts), allow_section_headings=True)


def on_the_screen(message: str) -> str:
    """A message without the files and functions by which ``explain`` knows it from others."""
    parts = message.split("...")
    while re.fullmatch(r"\S+\.py|\S+\(|multiprocessing/|in \w+", parts[0]):
        del parts[0]
    return "...".join(parts).lstrip(".")


class PitfallFacts(Generated):
    """The messages as they are on the screen, the cause, and who is affected."""

    required_arguments = 1

    def text(self) -> str:
        pitfall = read(self, self.arguments[0])
        lines = [".. index::", *(f"   single: {words}" for words in pitfall.questions), ""]
        if pitfall.messages:
            lines += [".. code-block:: none", ""]
            lines += [f"   {message}" for message in pitfall.messages]
        lines += ["", pitfall.fields["Cause"], ""]
        affected = pitfall.fields["Affects"].removesuffix(".")
        lines += [f":Affects: {affected}"]
        if pitfall.threads:
            lines += [f":Known as: {', '.join(map(thread_link, pitfall.threads))}"]
        lines += [f":Name: ``{pitfall.name}``"]
        return "\n".join(lines)


class PitfallCode(SphinxDirective):
    """The program that fails; its docstring is what the rest of the page says."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        pitfall = read(self, self.arguments[0])
        _, _, code = gallery.split(pitfall.broken)
        path = gallery.path_of(pitfall.name, BROKEN)
        return [code_block(self, "program", f"{code.strip()}\n", BROKEN, file=path)]


class PitfallDifference(Generated):
    """What to do, and the lines that do it."""

    required_arguments = 1

    def text(self) -> str:
        return read(self, self.arguments[0]).fields["Fix"]

    def run(self) -> list[nodes.Node]:
        _, _, lines = gallery.describe(self.arguments[0]).difference_of_code().split("\n", 2)
        path = gallery.path_of(self.arguments[0], FIXED)
        block = code_block(self, "difference", lines, f"{BROKEN} → {FIXED}", file=path)
        (code,) = block.findall(nodes.literal_block)
        code["language"] = "diff"
        return [*super().run(), block]


class HangCauses(Generated):
    """What ``diagnose`` can find, from its rules."""

    def text(self) -> str:
        found: dict[str, Rule] = {rule.cause: rule for rule in reversed(RULES)}
        rows = [
            (
                rule.cause,
                rule.fix,
                f":doc:`{rule.pitfall} </pitfalls/{rule.pitfall}>`" if rule.pitfall else "",
            )
            for rule in reversed(found.values())
        ]
        return table_text(("Cause", "What to do", "Pitfall"), rows, "30 45 25")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("pitfall-list", PitfallList)
    app.add_directive("pitfall-symptoms", Symptoms)
    app.add_directive("messages", Messages)
    app.add_directive("pitfall-facts", PitfallFacts)
    app.add_directive("pitfall-code", PitfallCode)
    app.add_directive("pitfall-difference", PitfallDifference)
    app.add_directive("hang-causes", HangCauses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
