"""Percentiles, histograms, and ratios of numbers that are known."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extras_here import require_bench
from ipc_cookbook.bench.figures import (
    BIN_RATIO,
    PERCENTILES,
    Ratio,
    histogram,
    percentiles,
    ratio_of,
)

np = require_bench()

TIMES = st.lists(st.integers(1, 10**10), min_size=1, max_size=300)


@given(TIMES)
def test_percentile_is_the_shortest_time_that_the_share_does_not_exceed(times: list[int]) -> None:
    for name, value in percentiles(np.array(times)).items():
        if value is not None:
            share = PERCENTILES[name] * len(times) - 1e-9
            assert value in times
            assert sum(time <= value for time in times) >= share
            assert sum(time < value for time in times) < share


@pytest.mark.parametrize(
    ("count", "missing"),
    [
        (1, {"p1", "p10", "p90", "p99", "p99.9"}),
        (10, {"p1", "p99", "p99.9"}),
        (99, {"p1", "p99", "p99.9"}),
        (100, {"p99.9"}),
        (999, {"p99.9"}),
        (1000, set()),
    ],
)
def test_percentile_that_could_only_be_the_extreme_is_none(count: int, missing: set[str]) -> None:
    found = percentiles(np.arange(1, count + 1))
    assert {name for name, value in found.items() if value is None} == missing


@given(TIMES)
def test_histogram_tells_how_many_are_below_the_end_of_a_bin(times: list[int]) -> None:
    bins = histogram(np.array(times))
    assert [number for number, _ in bins] == sorted({number for number, _ in bins})
    so_far = 0
    for number, count in bins:
        so_far += count
        end = BIN_RATIO ** (number + 1)
        # Rounding may put a time that is the end of a bin, to the last digit, into either.
        assert bisect_right(sorted(times), end * (1 - 1e-9)) <= so_far
        assert bisect_right(sorted(times), end * (1 + 1e-9)) >= so_far
    assert so_far == len(times)


def test_paired_ratio_sees_through_common_drift() -> None:
    drift = [1.0, 2.0, 4.0, 8.0, 16.0]
    twice = [2 * each for each in drift]
    paired = ratio_of(twice, drift, paired=True, seed=0)
    assert paired == Ratio(2, 2, 2, 5)
    assert paired.is_certain
    assert not ratio_of(twice, drift, paired=False, seed=0).is_certain


def test_interval_reaches_from_the_lowest_to_the_highest_ratio_of_five() -> None:
    ratio = ratio_of([9.0, 10, 11, 12, 13], [10.0] * 5, paired=True, seed=0)
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((0.9, 1.1, 1.3))
    assert not ratio.is_certain


def test_same_seed_gives_the_same_interval() -> None:
    launches = [1.0, 1.3, 1.1, 1.7, 1.2, 1.9, 1.4]
    results = {ratio_of(launches, launches[::-1], paired=False, seed=seed) for seed in (1, 1, 1, 1)}
    assert len(results) == 1


@pytest.mark.parametrize(
    ("ratio", "is_certain"),
    [
        (Ratio(2, 1.8, 2.2, 5), True),
        (Ratio(0.5, 0.4, 0.6, 5), True),
        (Ratio(2, 1.8, 2.2, 4), False),
        (Ratio(1.2, 0.9, 1.5, 50), False),
        (Ratio(1.002, 1.001, 1.004, 50), False),
    ],
)
def test_certain_is_what_has_launches_enough_and_an_interval_without_one(
    ratio: Ratio, is_certain: bool
) -> None:
    assert ratio.is_certain is is_certain


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Two equal mechanisms are told apart in about one of twenty measurements of 5 launches."""
    random = np.random.default_rng(7)
    noise = np.exp(0.1 * random.standard_normal((100, 2, 5)))
    wrong = sum(
        ratio_of(list(one), list(other), paired=True, seed=number).is_certain
        for number, (one, other) in enumerate(noise)
    )
    assert 1 <= wrong <= 12
