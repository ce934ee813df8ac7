"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipc_cookbook.bench.figures import Figure, Ratio

DURATIONS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))
PLAIN = ((1, ""),)
SIZES = ((1024**2, "MiB"), (1024, "KiB"))

LINE_WIDTH = 100

Units = Sequence[tuple[float, str]]


def figure_text(figure: Figure, units: Units, *, has_spread: bool) -> str:
    """The figure and its spread: ``"35.1us 33-37"``, ``"9.21us 890ns-1.1ms"``."""
    factor, unit = unit_of(figure.value, units)
    value = f"{short(figure.value / factor)}{unit}"
    if not has_spread:
        return value
    spread = range_text(figure.low, figure.high, units)
    has_one_unit = unit_of(figure.low, units)[1] == unit_of(figure.high, units)[1] == unit
    return f"{value} {spread.removesuffix(unit) if has_one_unit else spread}"


def range_text(low: float, high: float, units: Units) -> str:
    """Two numbers in two digits or so, rounded outwards: ``"33-37us"``, ``"890ns-1.1ms"``."""
    (low_factor, low_unit), (factor, unit) = unit_of(low, units), unit_of(high, units)
    first, last = brief(low / low_factor, floor), brief(high / factor, ceil)
    return f"{first}{'' if low_unit == unit else low_unit}-{last}{unit}"


def brief(number: float, rounded: Callable[[float], int]) -> str:
    exact = round(number, 6)
    return f"{rounded(exact * 10) / 10:.1f}" if exact < 9.9 else f"{rounded(exact)}"


def unit_of(value: float, units: Units) -> tuple[float, str]:
    return next((unit for unit in units if value >= 0.9995 * unit[0]), units[-1])


def scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def short(number: float) -> str:
    """A number in three digits or so."""
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def duration_text(ns: float) -> str:
    factor, unit = unit_of(ns, DURATIONS)
    return f"{short(ns / factor)} {unit}"


def size_text(size: int) -> str:
    """A payload's size: ``"0 B"``, ``"64 KiB"``."""
    factor, unit = next((unit for unit in SIZES if size and size % unit[0] == 0), (1, "B"))
    return f"{size // factor} {unit}"


def listed(names: Iterable[str]) -> str:
    names = list(names)
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def counted(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def ratio_text(ratio: Ratio) -> str:
    """The ratio and its interval: ``"2.10 (1.90 to 2.31)"``."""
    return f"{short(ratio.value)} ({short(ratio.low)} to {short(ratio.high)})"


def aligned(rows: Sequence[Sequence[str]], line_width: int = LINE_WIDTH) -> list[str]:
    """Lines with the cells below each other, closer together if they would be too long."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * len(widths) <= line_width else " "
    lines = (
        gap.join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows
    )
    return [line.rstrip() for line in lines]
