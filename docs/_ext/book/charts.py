"""Charts of the committed measurement, drawn when the book is built.

``.. speed-chart:: pipe`` shows a round trip over every recipe, with one of them picked out. It is
the panel that ``bench --plot`` draws, in the colours of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book import recordings
from book.pictures import VISITORS, Picture, Translate, placed
from book.recordings import duration, run_text, size_text
from ipc_cookbook.bench.verdict import ranking, typical_ns
from ipc_cookbook.render.bench_picture import draw_ranking, height_of_ranking, looks_of
from ipc_cookbook.render.style import GREY, INK, PALE, new_figure, saved

WIDTH_INCHES = 3.0
COLOURS = {INK: "var(--ink)", GREY: "var(--faint)", PALE: "var(--pale)", "#ffffff": "none"}


class Ranking:
    """A panel of ``bench --plot``, fit to stand in a page."""

    def __init__(self, document: Any, size: int, chosen: str | None, title: str) -> None:
        self.title = title
        cases = ranking(document, size)
        self.description = "; ".join(
            f"{case['transport']}: {duration(typical_ns(case))}" for case in cases
        )
        with new_figure(height_of_ranking(cases), WIDTH_INCHES) as figure:
            axes = figure.add_subplot()
            draw_ranking(axes, cases, size, looks_of(document), chosen)
            self.drawn = saved(figure, "svg").decode()

    def as_svg(self, identifier: str, kind: str) -> str:
        svg = self.drawn[self.drawn.index("<defs>") :]
        svg = re.sub("|".join(COLOURS), lambda colour: COLOURS[colour[0]], svg)
        svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{identifier}-", svg)
        box = re.search(r'viewBox="[^"]+"', self.drawn)
        assert box is not None
        return (
            f'<svg class="picture {kind}" {box[0]} role="img" '
            f'aria-labelledby="{identifier}-title {identifier}-description">\n'
            f'<title id="{identifier}-title">{escape(self.title)}</title>\n'
            f'<desc id="{identifier}-description">{escape(self.description)}</desc>\n{svg}'
        )


class SpeedChart(Picture):
    kind = "chart"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""))

    def draw(self, translate: Translate) -> Ranking:
        title = translate(self["title"])
        return Ranking(self["document"], self["size"], self["chosen"], title)


class SpeedChartDirective(SphinxDirective):
    """A round trip over every recipe that was measured, fastest first."""

    optional_arguments = 1
    option_spec: ClassVar[OptionSpec] = {
        "size": directives.nonnegative_int,
        "caption": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        document = recordings.load(self.env, "bench.json")
        size = self.options.get("size", 0)
        payload = f"a payload of {size_text(size)}" if size else "no payload"
        chart = SpeedChart(
            document=document,
            size=size,
            chosen=self.arguments[0] if self.arguments else None,
            title=f"How long a round trip takes with {payload}",
            run=run_text(document),
        )
        return placed(chart, self)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(SpeedChart, **VISITORS)
    app.add_directive("speed-chart", SpeedChartDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
