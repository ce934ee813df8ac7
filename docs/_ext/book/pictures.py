"""Pictures drawn at build time as SVG that stands in the page itself.

A picture takes its colours from the page, grows with it, is described to those who cannot see it,
and is drawn anew for every language: its words are messages of the translation catalogue.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes

WIDTH = 360
FONT = 13
LINE = 16

Translate = Callable[[str], str]


class Picture(nodes.General, nodes.Element, addnodes.translatable):
    """A picture, of which a subclass knows the words and the lines.

    Its ``spec`` is what was written in the source, with its words untranslated.
    """

    kind: ClassVar[str] = "picture"

    def words(self) -> Iterable[str]:
        """All that is to be translated."""
        raise NotImplementedError

    def draw(self, translate: Translate) -> Drawing:
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


class Drawing:
    """Lines of SVG, and what it says in words.

    :ivar height: grows with what is drawn.
    """

    def __init__(self, title: str, description: str) -> None:
        self.title = title
        self.description = description
        self.height = 0.0
        self.parts: list[str] = []

    def add(self, element: str, content: str | None = None, /, **attributes: object) -> None:
        given = " ".join(
            f'{name.strip("_").replace("_", "-")}="{escape(number(value))}"'
            for name, value in attributes.items()
        )
        end = "/>" if content is None else f">{content}</{element}>"
        self.parts.append(f"<{element} {given}{end}")

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> None:
        self.add("text", escape(text), x=x, y=y, text_anchor=anchor, class_=kind)

    def arrow(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A line with a head that ends at ``x2, y2``."""
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        along = (x2 - x1) / length, (y2 - y1) / length
        base = x2 - 8 * along[0], y2 - 8 * along[1]
        aside = -4 * along[1], 4 * along[0]
        self.line(x1, y1, *base, f"arrow {kind}")
        corners = [
            (x2, y2),
            (base[0] + aside[0], base[1] + aside[1]),
            (base[0] - aside[0], base[1] - aside[1]),
        ]
        points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
        self.add("polygon", points=points, class_=f"head {kind}")

    def as_svg(self, identifier: str, kind: str) -> str:
        body = "\n".join(self.parts)
        return (
            f'<svg class="picture {kind}" viewBox="0 0 {WIDTH} {number(self.height)}" role="img" '
            f'aria-labelledby="{identifier}-title {identifier}-description">\n'
            f'<title id="{identifier}-title">{escape(self.title)}</title>\n'
            f'<desc id="{identifier}-description">{escape(self.description)}</desc>\n'
            f"{body}\n</svg>\n"
        )


def number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def width_of(text: str, size: float = FONT) -> float:
    """About how wide a text is; a Chinese character is as wide as it is high."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (wide + 0.56 * (len(text) - wide))


def wrapped(text: str, width: float, size: float = FONT) -> list[str]:
    """The text in lines of about this width; Chinese may be broken anywhere."""
    lines = [""]
    for piece in pieces(text):
        longer = lines[-1] + piece
        if lines[-1].strip() and width_of(longer.rstrip(), size) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] = longer
    return [line.strip() for line in lines]


def pieces(text: str) -> list[str]:
    """Where a line may be broken: after a space, and after a Chinese character."""
    found = [""]
    for character in text:
        found[-1] += character
        if character == " " or unicodedata.east_asian_width(character) in "WF":
            found.append("")
    return found


def visit_html(translator: Any, picture: Picture) -> None:
    drawing = picture.draw(picture.translate)
    identifier = picture["identifier"]
    caption = picture.translate(picture["caption"]) if picture.get("caption") else ""
    run = f' <span class="run">{escape(picture["run"])}</span>' if picture.get("run") else ""
    words = f"<figcaption>{escape(caption)}{run}</figcaption>\n" if caption or run else ""
    svg = drawing.as_svg(identifier, picture.kind)
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
