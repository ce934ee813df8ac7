"""What a larger payload does: a line for each mechanism over the sizes that were measured."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import TYPE_CHECKING

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import Figure
from ipc_cookbook.bench.places import PlaceName
from ipc_cookbook.bench.verdict import typical_of_launches_ns
from ipc_cookbook.render.style import PALE, Look, use_logarithm
from ipc_cookbook.render.wording import Units, size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL_GAP = 0.075
ASIDE = 0.025


def medians_ns(case: CaseDocument) -> list[float]:
    return list(typical_of_launches_ns(case).values())


def megabytes_per_s(case: CaseDocument) -> list[float]:
    return [launch["megabytes_per_s"] for launch in case["streams"] or []]


def by_name(
    document: Document, place: PlaceName, launches: Callable[[CaseDocument], list[float]]
) -> dict[str, dict[int, Figure]]:
    """The figure of each mechanism that has it, by payload size."""
    found: dict[str, dict[int, Figure]] = {}
    for case in document["cases"]:
        values = launches(case)
        if case["place"] == place and any(values):
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
