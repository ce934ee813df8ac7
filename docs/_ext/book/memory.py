"""The memory of a producer over time, drawn from a recording when the book is built."""

from __future__ import annotations

import re
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.charts import COLOURS, WIDTH_INCHES, ChartPicture
from book.pictures import placed
from book.recordings import load, machine_of
from ipc_cookbook.render.style import LINES, PALE, new_figure, saved

HEIGHT_INCHES = 2.0
MIB = 1024**2
BLUE, BROWN = "#0b5394", "#9a3412"  # as picture.css has them, by day and by night
BOTH = {**COLOURS, BLUE: "light-dark(#0b5394, #8cc4ff)", BROWN: "light-dark(#9a3412, #ffb38a)"}
LOOKS = ((BLUE, LINES[0]), (BROWN, LINES[1]))


class Curve(NamedTuple):
    """One run."""

    name: str
    seconds: list[float]
    mib: list[float]


def curves_of(document: Any) -> list[Curve]:
    found = []
    for run in document["runs"]:
        name = f"maxsize={run['maxsize']}" if run["maxsize"] else "no maxsize"
        seconds, sizes = zip(*run["samples"], strict=True)
        found.append(Curve(name, list(seconds), [size / MIB for size in sizes]))
    return found


def description_of(curve: Curve) -> str:
    first, last, highest = curve.mib[0], curve.mib[-1], max(curve.mib)
    return (
        f"{curve.name}: {first:.0f} MiB at first, {highest:.0f} MiB at the highest, "
        f"{last:.0f} MiB at last, after {curve.seconds[-1]:.1f} s"
    )


def draw(curves: list[Curve]) -> str:
    with new_figure(HEIGHT_INCHES, WIDTH_INCHES) as figure:
        axes = figure.add_subplot()
        for curve, (ink, line) in zip(curves, LOOKS, strict=True):
            axes.plot(curve.seconds, curve.mib, color=ink, linestyle=line, linewidth=1.5)
            middle = len(curve.seconds) // 2
            axes.annotate(
                f"{curve.name}: {max(curve.mib):.0f} MiB",
                (curve.seconds[middle], curve.mib[middle]),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
                color=ink,
            )
        axes.set_title("Memory of the producer, in MiB", loc="left")
        axes.set_xlabel("seconds")
        axes.set_xlim(0)
        axes.set_ylim(0, 1.2 * max(size for curve in curves for size in curve.mib))
        axes.grid(axis="y", color=PALE, linewidth=0.4)
        svg = saved(figure, "svg").decode()
    return re.sub("|".join(BOTH), lambda colour: BOTH[colour[0]], svg)


class MemoryChartDirective(SphinxDirective):
    """What a producer has in memory, with each of the queues that were recorded."""

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        document = load(self.env, f"{self.arguments[0]}.json")
        curves = curves_of(document)
        chart = ChartPicture(
            title="The memory of a producer whose consumer is slow, over time",
            description="; ".join(map(description_of, curves)),
            svg=draw(curves),
            run=f"{document['recorded']}, {machine_of(document)}",
        )
        return placed(chart, self)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("memory-chart", MemoryChartDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
