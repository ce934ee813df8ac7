"""Charts of the committed measurement, drawn when the book is built.

``.. speed-chart:: pipe`` shows a round trip over every recipe, with one of them picked out. It is
the panel that ``bench --plot`` draws, in the colours of the page.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from html import escape
from typing import ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.figures import range_of_medians
from book.pictures import VISITORS, Picture, Translate, placed
from book.recordings import bench, machine_of, read_bench, with_micro_sign
from ipc_cookbook.bench.verdict import at_places, ranking, typical_ns
from ipc_cookbook.render.bench_picture import draw_ranking, height_of_ranking, looks_of
from ipc_cookbook.render.bench_table import PLACES
from ipc_cookbook.render.style import GREY, INK, PALE, new_figure, saved
from ipc_cookbook.render.wording import duration_text, size_text

WIDTH_INCHES = 3.0
COLOURS = {
    INK: "currentColor",
    GREY: "var(--color-foreground-secondary)",
    PALE: "var(--color-background-border)",
    "#ffffff": "none",
}


BOLD = "font-weight: 700; "


@functools.cache
def all_in_bold(size: int) -> str:
    """A panel of ``bench --plot``, drawn once for all pages, with room for any name in bold."""
    document = read_bench()
    looks = looks_of(document)
    with new_figure(height_of_ranking(document, size), WIDTH_INCHES) as figure:
        draw_ranking(figure.add_subplot(), document, size, looks, chosen=looks)
        svg = with_micro_sign(saved(figure, "svg").decode())
    return re.sub("|".join(COLOURS), lambda colour: COLOURS[colour[0]], svg)


def ranking_as_svg(size: int, chosen: str | None) -> str:
    """The panel with one of the names in bold, or none."""

    def maybe_bold(text: re.Match[str]) -> str:
        return text[0] if text[1] == chosen else text[0].replace(BOLD, "")

    return re.sub(r"<text [^>]*>([^<]*)</text>", maybe_bold, all_in_bold(size))


class Chart(NamedTuple):
    title: str
    description: str
    svg: str

    def as_svg(self, identifier: str, kind: str) -> str:
        """As it can stand in a page, where no two elements may have the same name."""
        box = self.svg.partition('viewBox="')[2].partition('"')[0]
        body = self.svg[self.svg.index("<defs>") :]
        body = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{identifier}-", body)
        return (
            f'<svg class="picture {kind}" viewBox="{box}" role="img" '
            f'aria-labelledby="{identifier}-title {identifier}-description">\n'
            f'<title id="{identifier}-title">{escape(self.title)}</title>\n'
            f'<desc id="{identifier}-description">{escape(self.description)}</desc>\n{body}'
        )


class ChartPicture(Picture):
    kind = "chart"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""))

    def draw(self, translate: Translate) -> Chart:
        return Chart(translate(self["title"]), self["description"], self["svg"])


class SpeedChartDirective(SphinxDirective):
    """A round trip over every recipe that was measured, fastest first."""

    optional_arguments = 1
    option_spec: ClassVar[OptionSpec] = {
        "size": directives.nonnegative_int,
        "caption": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        document = bench(self.env)
        size = self.options.get("size", 0)
        payload = f"a payload of {size_text(size)}" if size else "no payload"
        times = (
            f"{case['transport']}: "
            + ", ".join(
                f"{duration_text(typical_ns(each))} ({range_of_medians(each)}) "
                f"{PLACES[each['place']]}"
                for each in at_places(document, case)
                if each
            )
            for case in ranking(document, size)
        )
        chart = ChartPicture(
            title=f"How long a round trip takes with {payload}",
            description=with_micro_sign("; ".join(times)),
            svg=ranking_as_svg(size, self.arguments[0] if self.arguments else None),
            run=f"{document['started'][:10]}, {machine_of(document)}",
        )
        return placed(chart, self)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(ChartPicture, **VISITORS)
    app.add_directive("speed-chart", SpeedChartDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
