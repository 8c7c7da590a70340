"""Intervals over probes and the exact loss test."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.stats import fisher_exact

from blackbox.stats.bootstrap import studentised_interval, studentised_ratio_interval
from blackbox.stats.distances import exact_mmd2
from blackbox.stats.loss import stratified_exact_pvalue, worst_missing_mmd2
from blackbox.stats.slopes import unit_slopes


@pytest.mark.slow
@pytest.mark.parametrize("n_probes", [16, 20, 50])
def test_the_interval_covers_the_mean_of_skewed_probes(n_probes: int) -> None:
    """Nominal 95 % at skewed values: at least 91.5 % of 600 intervals cover (percentile: about 87 % at 16)."""
    rng = np.random.default_rng(n_probes)
    covered = 0
    for _ in range(600):
        values = rng.exponential(size=n_probes)
        interval = studentised_interval(values, level=0.95, rng=rng, n_resamples=999)
        assert interval is not None
        covered += interval.low <= 1.0 <= interval.high
    assert covered >= 549


def test_no_interval_from_four_probes_or_from_equal_values() -> None:
    """An interval that can't be had is None, not a point."""
    rng = np.random.default_rng(0)
    assert studentised_interval(np.arange(4.0), level=0.95, rng=rng) is None
    assert studentised_interval(np.ones(20), level=0.95, rng=rng) is None


def test_one_stratum_is_fishers_exact_test() -> None:
    """With one probe the conditional test is Fisher's."""
    expected = fisher_exact([[7, 13], [1, 19]]).pvalue
    assert stratified_exact_pvalue([7], [20], [1], [20]) == pytest.approx(expected)


def test_strata_add_up() -> None:
    """Two probes that each lose one of two on side x: 2/4 · 2/4 each way, two-sided 1/2 by hand."""
    assert stratified_exact_pvalue([1, 1], [2, 2], [0, 0], [2, 2]) == pytest.approx(0.5)


def test_nothing_lost_is_certainty() -> None:
    """No loss, no evidence of unequal loss."""
    assert stratified_exact_pvalue([], [], [], []) == 1.0


def test_slopes_ignore_the_frame() -> None:
    """A constant added to every count changes no slope."""
    ids = ["baseline-a", "emoji-1", "emoji-2", "emoji-3", "digits-1", "digits-2", "note"]
    counts = [10.0, 14.0, 18.0, 22.0, 13.0, 16.0, 99.0]
    expected = {"digits": pytest.approx(3.0), "emoji": pytest.approx(4.0)}
    assert unit_slopes(ids, counts) == expected
    assert unit_slopes(ids, [c + 37 for c in counts]) == expected


def test_one_point_has_no_slope() -> None:
    """A unit asked once without a baseline says nothing."""
    assert unit_slopes(["emoji-1"], [14.0]) == {}


def test_the_worst_missing_answers_by_trying_all() -> None:
    """MMD² with the worst answers put in equals the largest over every way to fill the gaps, unseen answers too."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        x, y = (rng.multinomial(rng.integers(2, 7), [0.5, 0.3, 0.2]).astype(float) for _ in range(2))
        lost = (int(rng.integers(0, 4)), int(rng.integers(0, 4)))
        wide_x, wide_y = (np.concatenate([side, [0.0, 0.0]]) for side in (x, y))
        tried = [
            float(exact_mmd2(wide_x + _filling(fill_x), wide_x + _filling(fill_x) + wide_y + _filling(fill_y)))
            for fill_x in combinations_with_replacement(range(5), lost[0])
            for fill_y in combinations_with_replacement(range(5), lost[1])
        ]
        assert worst_missing_mmd2((x, y), lost) == pytest.approx(max(tried))


def _filling(answers: tuple[int, ...]) -> np.ndarray:
    return np.bincount(np.array(answers, dtype=int), minlength=5).astype(float)


@pytest.mark.parametrize("n_probes", [16, 50])
def test_the_interval_of_a_ratio_covers_it_where_few_probes_carry_it(n_probes: int) -> None:
    """Numerator and denominator from the same skewed scale: 95 % intervals hold .09 in 92.5 % at least."""
    rng = np.random.default_rng(n_probes)
    inside = known = 0
    for _ in range(200):
        scale = np.minimum(rng.gamma(0.3, size=n_probes) / 0.3, 1.0)
        noise = rng.normal(0, 0.01, (2, n_probes)) * np.sqrt(scale + 0.05)
        found = studentised_ratio_interval(0.09 * scale + noise[0], scale + noise[1], level=0.95, rng=rng)
        known += found is not None
        inside += found is not None and found.low <= 0.09 <= found.high
    assert known >= 190
    assert inside >= 0.925 * known


def test_a_ratio_with_a_denominator_not_above_zero_has_no_interval() -> None:
    """A mean denominator of 0 or less, or no variation: no interval, and no nonsense either."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (2, 20))
    assert studentised_ratio_interval(noise[0], noise[1] - noise[1].mean() - 1e-3, level=0.95, rng=rng) is None
    assert studentised_ratio_interval(np.ones(20), np.ones(20), level=0.95, rng=rng) is None
