"""How charts look: as wide as a phone, in black and white, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from ipc_cookbook.render.wording import PLAIN, Units, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, PALE = "#111111", "#767676", "#cccccc"
WIDTH_INCHES = 390 / 96

SETTINGS: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "out",
    "svg.fonttype": "none",
    "svg.hashsalt": "ipc_cookbook",
    "savefig.dpi": 192,
}
UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}

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


@contextmanager
def new_figure(height: float, width: float = WIDTH_INCHES) -> Iterator[Figure]:
    """An empty figure, to be drawn and saved inside the block.

    :param height: in inches, and so is the width.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        cast(Any, mpl.rcParams).update(SETTINGS)
        yield Figure(figsize=(width, height), layout="constrained")


def saved(figure: Figure, kind: str) -> bytes:
    """The figure as a file of the given kind: svg, png, or pdf."""
    content = io.BytesIO()
    figure.savefig(content, format=kind, metadata=UNDATED[kind])
    return content.getvalue()


def use_logarithm(axes: Axes, which: Literal["x", "y"], units: Units) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    subs = (1, 2, 5) if units is PLAIN else (1,)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})
    axis.set_major_locator(LogLocator(subs=subs, numticks=4 if which == "x" else 8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value, units)))
    axis.set_minor_formatter(NullFormatter())
    axes.grid(axis=which, color=PALE, linewidth=0.4)
    axes.set_axisbelow(True)


def tick_text(value: float, units: Units) -> str:
    factor, unit = unit_of(value, units)
    return f"{value / factor:g} {unit}".rstrip()
