"""How pictures look: as wide as a phone, in black and white, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
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


@contextmanager
def new_figure(height: float) -> Iterator[Figure]:
    """An empty figure, to be drawn and saved inside the block.

    :param height: in inches.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        cast(Any, mpl.rcParams).update(SETTINGS)
        yield Figure(figsize=(WIDTH_INCHES, height), layout="constrained")


def saved(figure: Figure, kind: str) -> bytes:
    """The figure as a file of the given kind: svg, png, or pdf."""
    content = io.BytesIO()
    figure.savefig(content, format=kind, metadata=UNDATED[kind])
    return content.getvalue()
