"""Figures out of measured times: percentiles, histograms, and ratios with an interval.

The figure of a case is the median over its launches, and its spread is the lowest and the
highest of them: round trips of one launch resemble each other more than those of two, so the
launch is what counts as one observation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PERCENTILES = {"p1": 0.01, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
PERCENTILE_METHOD: Final = "inverted_cdf"

BIN_RATIO = 1.02
"""A bin of the histogram ends where the next begins, at this many times its own beginning."""

ENOUGH_LAUNCHES = 5
RESAMPLES = 10_000
CONFIDENCE = 0.95


class Figure(NamedTuple):
    """A figure and its spread over the launches."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, launches: Sequence[float]) -> Figure:
        return cls(median(launches), min(launches), max(launches))


class Ratio(NamedTuple):
    """How many times as large one median over launches is as another, with an interval.

    The interval is a percentile bootstrap over launches. In simulations of 5 to 20 launches
    with normal, two-humped, and heavy-tailed noise it held the truth in 92 to 97 of 100. With
    fewer launches it would be too narrow, so nothing is concluded from those.
    ``scipy.stats.bootstrap`` gives the same interval; it would be the largest package here, for
    the ten lines of :func:`ratio_of`.
    """

    value: float
    low: float
    high: float
    launches: int

    @property
    def has_enough_launches(self) -> bool:
        return self.launches >= ENOUGH_LAUNCHES

    @property
    def is_certain(self) -> bool:
        """Whether there is a difference that the launches can show, of half a percent or more."""
        return self.has_enough_launches and not round(self.low, 2) <= 1 <= round(self.high, 2)


def percentiles(times: npt.NDArray[np.int64]) -> dict[str, int | None]:
    """The percentiles of one launch, each a time that was measured.

    A percentile is the shortest time that at least this share of all times does not exceed.
    It is None where no time would be expected beyond it; it could only be the extreme.
    """
    import numpy as np

    found = np.quantile(times, list(PERCENTILES.values()), method=PERCENTILE_METHOD)
    return {
        name: int(value) if name == "p50" or expected_beyond(share, len(times)) >= 1 else None
        for (name, share), value in zip(PERCENTILES.items(), found, strict=True)
    }


def expected_beyond(share: float, times: int) -> float:
    return round(min(share, 1 - share) * times, 6)


def histogram(times: npt.NDArray[np.int64]) -> list[list[int]]:
    """``[bin, count]`` of each bin that is not empty.

    Bin k holds the times from ``BIN_RATIO**k`` up to, not including, ``BIN_RATIO**(k + 1)``.
    """
    import numpy as np

    bins = np.floor(np.log(np.maximum(times, 1)) / math.log(BIN_RATIO)).astype(np.int64)
    found, counts = np.unique(bins, return_counts=True)
    return [[int(number), int(count)] for number, count in zip(found, counts, strict=True)]


def ratio_of(
    numerator: Sequence[float], denominator: Sequence[float], *, paired: bool, seed: int
) -> Ratio:
    """The ratio of two medians over launches, with its bootstrap interval.

    :param paired: the launches of either side belong together, round by round.
    """
    import numpy as np

    random = np.random.default_rng(seed)

    def resampled(launches: Sequence[float], choice: Any) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = np.median(np.asarray(launches)[choice], axis=1)
        return found

    def choose(launches: Sequence[float]) -> npt.NDArray[np.int64]:
        return random.integers(len(launches), size=(RESAMPLES, len(launches)))

    first = choose(numerator)
    second = first if paired else choose(denominator)
    ratios = resampled(numerator, first) / resampled(denominator, second)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    value = median(numerator) / median(denominator)
    return Ratio(value, float(low), float(high), min(len(numerator), len(denominator)))
