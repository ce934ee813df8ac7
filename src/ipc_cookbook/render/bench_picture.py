"""What ``bench --plot`` draws: who is faster at each payload size, how its times are spread, and
what a larger payload does. One column, made for a narrow screen and for black and white."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import accumulate
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import Figure
from ipc_cookbook.bench.places import FREE, ONE, TWO
from ipc_cookbook.bench.verdict import (
    at_places,
    is_batched,
    places_of,
    ranking,
    sizes_of,
    typical_ns,
    typical_of_launches_ns,
)
from ipc_cookbook.render.bench_sizes import by_name, draw_over_sizes, medians_ns, megabytes_per_s
from ipc_cookbook.render.bench_table import PLACES, header
from ipc_cookbook.render.style import (
    GREY,
    INK,
    LINES,
    MARKERS,
    PALE,
    Look,
    new_figure,
    saved,
    use_logarithm,
)
from ipc_cookbook.render.wording import DURATIONS, PLAIN, duration_text, size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES, PANEL_INCHES, FRAME_INCHES = 0.3, 1.7, 0.85
HEADER_COLUMNS = 90
ROOM_FOR_TEXT = 0.45
MARKS = {ONE: ("o", None), TWO: ("o", "white"), FREE: ("|", None)}
NAMES = {ONE: "filled", TWO: "hollow", FREE: "stroke"}


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
    references = {case["transport"] for case in document["cases"] if case["is_reference"]}
    return {
        name: Look(
            f"{name}*" if name in references else name,
            GREY if name in references else INK,
            LINES[number % len(LINES)],
            MARKERS[number % len(MARKERS)],
        )
        for number, name in enumerate(document["arguments"]["transports"])
    }


def all_panels(document: Document, looks: dict[str, Look]) -> Iterator[Panel]:
    first, *_, last = places_of(document) * 2
    for size in sizes_of(document):
        draw_cases = partial(draw_ranking, document=document, size=size, looks=looks)
        yield Panel(height_of_ranking(document, size), draw_cases)
        timed = [case for case in ranking(document, size, last) if not is_batched(case)]
        draw_shares = partial(
            draw_distributions,
            cases=sorted(timed, key=typical_ns),
            title=f"Share within a time, {size_text(size)}, {PLACES[last]}",
            looks=looks,
            bin_ratio=document["method"]["histogram_bin_ratio"],
        )
        yield Panel(FRAME_INCHES + PANEL_INCHES, draw_shares)
    over_sizes = [
        (f"Median round trip, {PLACES[first]}", by_name(document, first, medians_ns), DURATIONS),
        (f"One way, MB/s, {PLACES[last]}", by_name(document, last, megabytes_per_s), PLAIN),
    ]
    for title, figures, units in over_sizes:
        if any(len(values) > 1 for values in figures.values()):
            yield Panel(
                FRAME_INCHES + 1.5 * PANEL_INCHES,
                partial(draw_over_sizes, title=title, figures=figures, units=units, looks=looks),
            )


def height_of_ranking(document: Document, size: int) -> float:
    """In inches."""
    return FRAME_INCHES + ROW_INCHES * len(ranking(document, size))


def draw_ranking(
    axes: Axes,
    document: Document,
    size: int,
    looks: dict[str, Look],
    chosen: Collection[str] = (),
) -> None:
    """A row for each mechanism with a mark for each place, the chosen ones in bold."""
    cases = ranking(document, size)
    for row, case in enumerate(cases):
        ink = looks[case["transport"]].ink
        found = [each for each in at_places(document, case) if each]
        medians = [Figure.of(list(typical_of_launches_ns(each).values())) for each in found]
        axes.plot(
            [figure.value for figure in medians], [row] * len(found), color=PALE, linewidth=0.8
        )
        for each, figure in zip(found, medians, strict=True):
            axes.plot([figure.low, figure.high], [row, row], color=ink, linewidth=0.8)
            marker, face = MARKS[each["place"]]
            axes.plot(
                figure.value, row, marker, color=ink, markerfacecolor=face or ink, markersize=4
            )
        axes.annotate(
            " | ".join(duration_text(figure.value) for figure in medians[:2]),
            (max(figure.value for figure in medians), row),
            xytext=(4, 5),
            textcoords="offset points",
            fontsize=7,
            ha="right",
        )
    axes.set_yticks(range(len(cases)), [looks[case["transport"]].label for case in cases])
    for case, tick in zip(cases, axes.get_yticklabels(), strict=True):
        tick.set_fontweight("bold" if case["transport"] in chosen else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(cases) - 0.5, -0.8)
    use_logarithm(axes, "x", DURATIONS)
    low, high = axes.get_xlim()
    axes.set_xlim(low / (high / low) ** ROOM_FOR_TEXT, high)
    axes.set_title(f"A round trip with {size_text(size)}", loc="left")
    meanings = ", ".join(f"{NAMES[place]} {PLACES[place]}" for place in places_of(document))
    axes.set_xlabel(
        fill(f"{meanings}; lines from the lowest to the highest launch; * reference", 34),
        fontsize=7,
    )


def draw_distributions(
    axes: Axes, cases: list[CaseDocument], title: str, looks: dict[str, Look], bin_ratio: float
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
    axes.set_title(title, loc="left")
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
