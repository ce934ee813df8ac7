"""What other files say: a recipe's promises, the exit statuses, the changelog."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.tables import Generated, packages, table_text
from ipc_cookbook import catalog, facts
from ipc_cookbook.cli.main import HELP


class Promises(Generated):
    """What a recipe's own module declares."""

    required_arguments = 1

    def text(self) -> str:
        recipe = catalog.describe(self.arguments[0])
        self.env.note_dependency(recipe.path)
        needs = "".join((packages(recipe), *recipe.fields.get("Needs", "").partition(";")[1:]))
        fields = recipe.fields | {"Needs": needs or "the standard library alone"}
        rows = [
            ("As many words as asked for", "Yes" if "count" in recipe.guarantees else "No"),
            ("Strictly in turn", "Yes" if "order" in recipe.guarantees else "No"),
            *((name, fields[name]) for name in facts.REQUIRED + facts.OPTIONAL if name in fields),
        ]
        return table_text(("Question", "Answer"), rows, "30 70")


class ExitStatuses(Generated):
    """As ``--help`` lists them."""

    def text(self) -> str:
        _, _, listed = HELP.partition("exit status:")
        entries = re.findall(r"(?:^|\s{2,})(\d+) (.+?)(?=\s{2,}\d|\n|$)", listed)
        return table_text(("Status", "Meaning"), sorted(entries, key=lambda entry: int(entry[0])))


class Changelog(Generated):
    """``CHANGELOG.md``, of which only headings, lists, links and code are used."""

    def text(self) -> str:
        path = Path(__file__).parents[3] / "CHANGELOG.md"
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8").partition("\n")[2]
        text = re.sub(r"`([^`]+)`", r"``\1``", text)
        text = re.sub(r"\[([^]]+)\]\((\S+?)\)", r"`\1 <\2>`__", text)
        text = re.sub(r"^## \[?([^]\n]+)\]?(.*)$", r".. rubric:: \1\2", text, flags=re.MULTILINE)
        text = re.sub(r"^### (.*)$", r"**\1**", text, flags=re.MULTILINE)
        return re.sub(r"^\[[^]]+\]: .*$", "", text, flags=re.MULTILINE)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("promises", Promises)
    app.add_directive("exit-statuses", ExitStatuses)
    app.add_directive("changelog", Changelog)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
