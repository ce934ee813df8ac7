"""Pictures drawn at build time as SVG that stands in the page itself.

A picture takes its colours from the page, grows with it, is described to those who cannot see it,
and is drawn anew for every language: its words are messages of the translation catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, ClassVar, Protocol

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

Translate = Callable[[str], str]


class Drawn(Protocol):
    """What was drawn, and what it says in words."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...

    def as_svg(self, identifier: str, kind: str) -> str: ...


class Picture(nodes.General, nodes.Element, addnodes.translatable):
    """A picture, of which a subclass knows the words and the lines."""

    kind: ClassVar[str] = "picture"

    def words(self) -> Iterable[str]:
        """All that is to be translated."""
        raise NotImplementedError

    def draw(self, translate: Translate) -> Drawn:
        raise NotImplementedError

    def preserve_original_messages(self) -> None:
        self["translations"] = {}

    def extract_original_messages(self) -> Sequence[str]:
        return list(dict.fromkeys(word for word in self.words() if word))

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        self["translations"][original_message] = translated_message

    def translate(self, text: str) -> str:
        translations: dict[str, str] = self.get("translations", {})
        return translations.get(text, text)


def placed(picture: Picture, directive: SphinxDirective) -> list[nodes.Node]:
    """The picture where its directive stands."""
    picture["caption"] = directive.options.get("caption", "")
    picture["identifier"] = f"picture-{directive.env.new_serialno('picture')}"
    directive.set_source_info(picture)
    return [picture]


def visit_html(translator: Any, picture: Picture) -> None:
    drawing = picture.draw(picture.translate)
    caption = picture.translate(picture["caption"]) if picture.get("caption") else ""
    run = f' <span class="run">{escape(picture["run"])}</span>' if picture.get("run") else ""
    words = f"<figcaption>{escape(caption)}{run}</figcaption>\n" if caption or run else ""
    svg = drawing.as_svg(picture["identifier"], picture.kind)
    translator.body.append(f'<figure class="drawn">\n{svg}{words}</figure>\n')
    raise nodes.SkipNode


def visit_text(translator: Any, picture: Picture) -> None:
    drawing = picture.draw(picture.translate)
    translator.new_state(0)
    translator.add_text(f"[{drawing.title}: {drawing.description}]")
    translator.end_state()
    raise nodes.SkipNode


def skip(translator: Any, picture: Picture) -> None:
    raise nodes.SkipNode


VISITORS: dict[str, Any] = {
    "html": (visit_html, None),
    "text": (visit_text, None),
    "latex": (skip, None),
    "man": (skip, None),
    "texinfo": (skip, None),
}
