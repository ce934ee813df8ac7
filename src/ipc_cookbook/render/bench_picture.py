"""The pictures: who is faster at each payload size, how its times are spread, and what a
larger payload does. One column, made for a narrow screen and for black and white."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from math import log
from statistics import median
from textwrap import fill
from typing import TYPE_CHECKING, Literal, NamedTuple

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import Figure
from ipc_cookbook.bench.verdict import (
    is_batched,
    ranking,
    sizes_of,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.bench_table import header
from ipc_cookbook.render.style import GREY, INK, PALE, new_figure, saved
from ipc_cookbook.render.wording import DURATIONS, PLAIN, Units, figure_text, size_text, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES, PANEL_INCHES, FRAME_INCHES = 0.3, 1.7, 0.85
HEADER_COLUMNS = 90

LABEL_GAP = 0.075
ASIDE = 0.025

LineStyle = str | tuple[int, tuple[float, ...]]
LINES: tuple[LineStyle, ...] = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.5)),
    (0, (8, 2, 1.5, 2)),
    (0, (1, 1.5)),
    (0, (4, 4)),
)
MARKERS = "osD^vP*X"


class Look(NamedTuple):
    """How a mechanism looks, the same in every panel."""

    label: str
    ink: str
    line: LineStyle
    marker: str


class Panel(NamedTuple):
    height_inches: float
    draw: Callable[[Axes], None]


def draw(document: Document, path: str) -> bytes:
    """The content for a file of this name, of the kind that its suffix says."""
    panels = list(all_panels(document, looks_of(document)))
    heights = [panel.height_inches for panel in panels]
    with new_figure(sum(heights)) as figure:
        where = [fill(line, HEADER_COLUMNS) for line in header(document)]
        figure.suptitle("\n".join(where), fontsize=6, ha="left", x=0.02)
        grid = figure.subplots(len(panels), height_ratios=heights, squeeze=False)
        for axes, panel in zip(grid.flat, panels, strict=True):
            panel.draw(axes)
        return saved(figure, path.lower().rpartition(".")[2])


def looks_of(document: Document) -> dict[str, Look]:
    floors = {case["transport"] for case in document["cases"] if case["is_floor"]}
    return {
        name: Look(
            f"{name}*" if name in floors else name,
            GREY if name in floors else INK,
            LINES[number % len(LINES)],
            MARKERS[number % len(MARKERS)],
        )
        for number, name in enumerate(document["arguments"]["transports"])
    }


def all_panels(document: Document, looks: dict[str, Look]) -> Iterator[Panel]:
    sizes = sizes_of(document)
    for size in sizes:
        cases = ranking(document, size)
        height = FRAME_INCHES + ROW_INCHES * len(cases)
        yield Panel(height, partial(draw_ranking, cases=cases, size=size, looks=looks))
        timed = sorted((case for case in cases if not is_batched(case)), key=typical_ns)
        draw_shares = partial(draw_distributions, cases=timed, size=size, looks=looks)
        yield Panel(
            FRAME_INCHES + PANEL_INCHES,
            partial(draw_shares, bin_ratio=document["method"]["histogram_bin_ratio"]),
        )
    over_sizes = [
        ("p50 of an exchange", by_name(document, medians_ns), DURATIONS),
        ("One way, MB/s", by_name(document, megabytes_per_s), PLAIN),
    ]
    for title, figures, units in over_sizes:
        if any(len(values) > 1 for values in figures.values()):
            yield Panel(
                FRAME_INCHES + 1.5 * PANEL_INCHES,
                partial(draw_over_sizes, title=title, figures=figures, units=units, looks=looks),
            )


def draw_ranking(axes: Axes, cases: list[CaseDocument], size: int, looks: dict[str, Look]) -> None:
    for row, case in enumerate(cases):
        ink = looks[case["transport"]].ink
        if not is_batched(case):
            p1, p10, p90, p99 = (percentile(case, name) for name in ("p1", "p10", "p90", "p99"))
            if p1 and p99:
                axes.plot([p1, p99], [row, row], color=ink, linewidth=0.8)
            if p10 and p90:
                axes.plot([p10, p90], [row, row], color=PALE, linewidth=9, solid_capstyle="butt")
            longest = max(launch["max_ns"] for launch in case["round_trips"])
            axes.plot(longest, row, "x", color=ink, markersize=4, markeredgewidth=0.8)
        medians = Figure.of(list(typical_of_launches_ns(case).values()))
        axes.plot(medians.value, row, "o", color=ink, markersize=3)
        axes.annotate(
            figure_text(medians, DURATIONS, has_spread=len(case["round_trips"]) > 1),
            (medians.value, row),
            xytext=(-2, 5),
            textcoords="offset points",
            fontsize=7,
        )
    axes.set_yticks(range(len(cases)), [looks[case["transport"]].label for case in cases])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(cases) - 0.5, -0.8)
    axes.margins(x=0.1)
    axes.set_title(f"An exchange with {size_text(size)}", loc="left")
    axes.set_xlabel(
        "dot p50 (with the lowest and the highest launch),\n"
        "band p10-p90, line p1-p99, x maximum, * floor",
        fontsize=7,
    )
    use_logarithm(axes, "x", DURATIONS)


def percentile(case: CaseDocument, name: str) -> float | None:
    """The median over launches; None if a launch does not have it."""
    found = [launch["percentiles_ns"][name] for launch in case["round_trips"]]
    known = [value for value in found if value is not None]
    return median(known) if len(known) == len(found) else None


def draw_distributions(
    axes: Axes, cases: list[CaseDocument], size: int, looks: dict[str, Look], bin_ratio: float
) -> None:
    ends = []
    for number, case in enumerate(cases, start=1):
        look = looks[case["transport"]]
        times, shares = distribution(case, bin_ratio)
        axes.plot(
            times, shares, color=look.ink, linestyle=look.line, linewidth=1, drawstyle="steps-post"
        )
        height = number / (len(cases) + 1)
        axes.annotate(
            look.label,
            (times[bisect_left(shares, height)], height),
            color=look.ink,
            fontsize=7,
            ha="center",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.2},
        )
        ends += [times[0], times[bisect_left(shares, 0.99)]]
    axes.set_xlim(min(ends) / 1.6, max(ends) * 1.3)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "half", "all"])
    axes.set_title(f"Share of exchanges within a time, {size_text(size)}", loc="left")
    use_logarithm(axes, "x", DURATIONS)


def distribution(case: CaseDocument, bin_ratio: float) -> tuple[list[float], list[float]]:
    """The times in ns at which bins of the histogram end, and the share up to there."""
    counts: Counter[int] = Counter()
    for launch in case["round_trips"]:
        for number, count in launch["histogram"]:
            counts[number] += count
    bins = sorted(counts)
    total = counts.total()
    shares = [so_far / total for so_far in accumulate(counts[number] for number in bins)]
    times = [bin_ratio ** (number + 1) for number in bins]
    return [bin_ratio ** bins[0], *times], [0, *shares]


def medians_ns(case: CaseDocument) -> list[float]:
    return list(typical_of_launches_ns(case).values())


def megabytes_per_s(case: CaseDocument) -> list[float]:
    return [launch["megabytes_per_s"] for launch in case["streams"] or []]


def by_name(
    document: Document, launches: Callable[[CaseDocument], list[float]]
) -> dict[str, dict[int, Figure]]:
    """The figure of each mechanism that has it, by payload size."""
    found: dict[str, dict[int, Figure]] = {}
    for case in document["cases"]:
        values = launches(case)
        if any(values):
            found.setdefault(case["transport"], {})[case["payload_size"]] = Figure.of(values)
    return found


def draw_over_sizes(
    axes: Axes,
    title: str,
    figures: dict[str, dict[int, Figure]],
    units: Units,
    looks: dict[str, Look],
) -> None:
    use_logarithm(axes, "y", units)
    sizes = sorted({size for values in figures.values() for size in values})
    aside = {name: ASIDE * (number - len(figures) / 2) for number, name in enumerate(figures)}
    for name, values in figures.items():
        look, places = looks[name], [sizes.index(size) + aside[name] for size in values]
        axes.plot(
            places,
            [figure.value for figure in values.values()],
            color=look.ink,
            linestyle=look.line,
            marker=look.marker,
            markersize=3,
            linewidth=0.8,
        )
        lows, highs = zip(*((figure.low, figure.high) for figure in values.values()), strict=True)
        axes.vlines(places, lows, highs, color=look.ink, linewidth=0.6)
    axes.set_xticks(range(len(sizes)), [size_text(size) for size in sizes])
    axes.set_xlim(-0.2, len(sizes) - 1 + 0.2 * len(sizes))
    axes.set_title(title, loc="left")
    axes.set_xlabel("upright lines: from the lowest to the highest launch", fontsize=7)
    ends = sorted(
        (values[max(values)].value, max(values), name) for name, values in figures.items()
    )
    low, high = axes.get_ylim()
    heights = [log(end / low) / log(high / low) for end, _, _ in ends]
    for (end, size, name), height in zip(ends, spread_out(heights, LABEL_GAP), strict=True):
        axes.annotate(
            looks[name].label,
            (sizes.index(size) + aside[name], end),
            xytext=(len(sizes) - 1 + 0.06 * len(sizes), height),
            textcoords=axes.get_xaxis_transform(),
            color=looks[name].ink,
            fontsize=7,
            va="center",
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.5, "shrinkB": 2},
        )


def spread_out(places: list[float], gap: float) -> list[float]:
    """Rising places, moved as little as need be so that neighbours are a gap apart."""
    import numpy as np

    steps = gap * np.arange(len(places))
    # Without the steps, "a gap apart" is "not falling", and the midpoint between the highest
    # so far and the lowest to come is close to all of them.
    level = np.array(places) - steps
    rising = np.maximum.accumulate(level)
    falling = np.minimum.accumulate(level[::-1])[::-1]
    return list((rising + falling) / 2 + steps)


def use_logarithm(axes: Axes, which: Literal["x", "y"], units: Units) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    subs = (1, 2, 5) if units is PLAIN else (1,)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})
    axis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value, units)))
    axis.set_minor_formatter(NullFormatter())
    axes.grid(axis=which, color=PALE, linewidth=0.4)
    axes.set_axisbelow(True)


def tick_text(value: float, units: Units) -> str:
    factor, unit = unit_of(value, units)
    return f"{value / factor:g} {unit}".rstrip()
