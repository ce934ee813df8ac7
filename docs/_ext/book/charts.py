"""Charts of committed recordings, drawn when the book is built.

``.. speed-chart:: pipe`` shows an exchange over every recipe, with one of them picked out;
``.. luck-chart::`` how often the tutorial's program alternated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book import recordings
from book.pictures import LINE, VISITORS, WIDTH, Drawing, Picture, Translate, wrapped
from book.recordings import Bench, duration, run_text, size_text

LABELS = 78.0
ROW = 26.0


class Bar(NamedTuple):
    """A bar and what stands beside it; a thin line on it shows how much the value varied."""

    label: str
    value: float
    low: float
    high: float
    text: str
    kind: str


class BarChart(Picture):
    """Bars from zero, with the figure after each."""

    kind = "bars"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), self["axis"])
        yield from (bar.label for bar in self["bars"] if bar.kind == "floor" or self["has_words"])

    def draw(self, translate: Translate) -> Drawing:
        bars: Sequence[Bar] = self["bars"]
        words = "; ".join(f"{translate(bar.label)}: {bar.text}" for bar in bars)
        title, axis = translate(self["title"]), translate(self["axis"])
        drawing = Drawing(title, f"{axis}. {words}.")
        labels = 128.0 if self["has_words"] else LABELS
        room = WIDTH - labels - 66
        most = max([bar.high for bar in bars] + [self.get("most", 0)]) or 1.0
        y = 4.0
        for line in wrapped(axis, WIDTH - 12, 12):
            drawing.text(4, y + 12, line, "axis", "start")
            y += LINE
        top = y + 4
        y += 6
        for bar in bars:
            lines = wrapped(translate(bar.label), labels - 8)
            height = max(ROW, 8 + LINE * len(lines))
            middle = y + height / 2
            for number, line in enumerate(lines):
                at = middle + LINE * (number - (len(lines) - 1) / 2) + 4
                drawing.text(labels - 8, at, line, f"label {bar.kind}", "end")
            length = max(room * bar.value / most, 1.0)
            drawing.add(
                "rect", x=labels, y=middle - 7, width=length, height=14, class_=f"bar {bar.kind}"
            )
            if bar.high > bar.low:
                first, last = (labels + room * value / most for value in (bar.low, bar.high))
                drawing.line(first, middle, last, middle, "spread")
                for end in first, last:
                    drawing.line(end, middle - 4, end, middle + 4, "spread")
            end = labels + room * max(bar.value, bar.high) / most
            drawing.text(end + 6, middle + 4, bar.text, f"figure {bar.kind}", "start")
            y += height
        drawing.line(labels, top, labels, y + 2, "zero")
        drawing.height = y + 6
        return drawing


class SpeedChart(SphinxDirective):
    """An exchange over every recipe that was measured, fastest first."""

    optional_arguments = 1
    option_spec: ClassVar[OptionSpec] = {
        "size": directives.nonnegative_int,
        "caption": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        bench = Bench(recordings.load(self.env, "bench.json"))
        size = self.options.get("size", 0)
        chosen = self.arguments[0] if self.arguments else None
        bars = []
        for name in bench.names(size):
            figures = bench.p50_ns(name, size)
            assert figures is not None
            is_floor = name in bench.floors
            kind = "floor" if is_floor else "chosen" if name == chosen else "other"
            label = f"{name} (floor)" if is_floor else name
            bars.append(Bar(label, *figures, duration(figures[0]), kind))
        bars.sort(key=lambda bar: bar.value)
        payload = f"a payload of {size_text(size)}" if size else "no payload"
        return [
            chart(
                self,
                BarChart(
                    bars=bars,
                    has_words=False,
                    title=f"How long an exchange takes with {payload}",
                    axis=f"Median time of an exchange with {payload}",
                    run=run_text(bench.document),
                ),
            )
        ]


class LuckChart(SphinxDirective):
    """In how many runs the tutorial's program alternated strictly, with its own waiting loop."""

    option_spec: ClassVar[OptionSpec] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        document = recordings.load(self.env, "tutorial_luck.json")
        results = [result for result in document["results"] if result["wait"] == "loop"]
        bars = []
        for result in results:
            runs, strict = result["runs"], result["strictly_alternating_runs"]
            pause = "10 ms pause" if result["pause_s"] else "no pause"
            label = f"{result['start_method']}, {pause}"
            kind = "chosen" if result["pause_s"] else "other"
            bars.append(Bar(label, strict, 0, 0, f"{strict}/{runs}", kind))
        picture = BarChart(
            bars=bars,
            has_words=True,
            most=max(result["runs"] for result in results),
            title="How often the tutorial's program alternated",
            axis="Runs in which Ping and Pong came strictly in turn",
            run=run_text(document),
        )
        return [chart(self, picture)]


def chart(directive: SphinxDirective, picture: BarChart) -> BarChart:
    picture["caption"] = directive.options.get("caption", "")
    picture["identifier"] = f"picture-{directive.env.new_serialno('picture')}"
    directive.set_source_info(picture)
    return picture


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(BarChart, **VISITORS)
    app.add_directive("speed-chart", SpeedChart)
    app.add_directive("luck-chart", LuckChart)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
