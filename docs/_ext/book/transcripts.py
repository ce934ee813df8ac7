"""What runs printed, as ``python -m record`` has kept it."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.tables import Generated

DOCS = Path(__file__).parents[2]
OLDEST = DOCS / "_transcripts"


class Transcript(Generated):
    """A run; where a newer Python teaches something else, its run stands in a tab beside it."""

    required_arguments = 1

    def text(self) -> str:
        file = f"{self.arguments[0]}.txt"
        newer = {path.parent.name: path.parent for path in OLDEST.glob(f"*/{file}")}
        if not newer:
            return included(OLDEST / file)
        parts = [".. tab-set::", "   :sync-group: python"]
        for folder in (OLDEST, *(newer[name] for name in sorted(newer, key=in_order))):
            version = folder / "python-version"
            self.env.note_dependency(str(version))
            name = version.read_text(encoding="utf-8").strip()
            feature, _, _ = name.rpartition(".")
            parts += ["", f"   .. tab-item:: Python {name}", f"      :sync: {feature}", ""]
            parts += [f"      {line}" for line in included(folder / file).splitlines()]
        return "\n".join(parts)


def included(path: Path) -> str:
    return f".. literalinclude:: /{path.relative_to(DOCS).as_posix()}\n   :language: console"


def in_order(feature: str) -> list[int]:
    """3.9 comes before 3.14."""
    return [int(number) for number in feature.split(".")]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("transcript", Transcript)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
