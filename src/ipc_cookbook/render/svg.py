"""Lines and words as SVG: as wide as a phone, in the colours of the page that holds it."""

from __future__ import annotations

import unicodedata
from html import escape
from importlib.resources import files

WIDTH = 360
FONT = 13
LINE = 16


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
        self.parts.append(tag(element, content, **attributes))

    def add_behind(self, element: str, /, **attributes: object) -> None:
        self.parts.insert(0, tag(element, None, **attributes))

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A box around ``x``, below ``y``."""
        self.add("rect", x=x - width / 2, y=y, width=width, height=height, rx=6, class_=kind)

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> None:
        self.add("text", escape(text), x=x, y=y, text_anchor=anchor, class_=kind)

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A line with a head that ends at ``x2, y2``."""
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        along = (x2 - x1) / length, (y2 - y1) / length
        base = x2 - 8 * along[0], y2 - 8 * along[1]
        aside = -4 * along[1], 4 * along[0]
        self.line(x1, y1, *base, "arrow")
        corners = [
            (x2, y2),
            (base[0] + aside[0], base[1] + aside[1]),
            (base[0] - aside[0], base[1] - aside[1]),
        ]
        points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
        self.add("polygon", points=points, class_="head")

    def as_svg(self, identifier: str, kind: str, first: str = "") -> str:
        """The element, for a page that has the style of pictures.

        :param first: more elements, behind all that is drawn.
        """
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture {kind}" '
            f'viewBox="0 0 {WIDTH} {number(self.height)}" role="img" '
            f'aria-labelledby="{identifier}-title {identifier}-description">\n'
            f'<title id="{identifier}-title">{escape(self.title)}</title>\n'
            f'<desc id="{identifier}-description">{escape(self.description)}</desc>\n'
            f"{first}{body}\n</svg>\n"
        )

    def as_file(self, kind: str) -> bytes:
        """A file of its own, with its style and its paper."""
        css = files("ipc_cookbook.render").joinpath("picture.css").read_text(encoding="utf-8")
        paper = tag("rect", None, width="100%", height="100%", class_="blank")
        return self.as_svg("picture", kind, f"<style>\n{css}</style>\n{paper}\n").encode()


def tag(element: str, content: str | None, **attributes: object) -> str:
    given = " ".join(
        f'{name.strip("_").replace("_", "-")}="{escape(number(value))}"'
        for name, value in attributes.items()
    )
    return f"<{element} {given}{'/>' if content is None else f'>{content}</{element}>'}"


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
