"""Spreads over depth and their correlation, against hand calculations and numpy's own Pearson r."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox.stats.depth_profiles import at_depths, profile_correlation, spread

if TYPE_CHECKING:
    from blackbox.core import FloatArray


def _profile(seed: int, layers: int = 9) -> FloatArray:
    return np.random.default_rng(seed).uniform(0.5, 1.5, (layers, 4))


def test_a_spread_is_the_standard_deviation_however_the_numbers_arrive() -> None:
    """Pieces of unequal size, far from zero, give what all numbers at once give."""
    values = np.random.default_rng(1).normal(1000.0, 0.01, (50, 7))

    assert spread([values[:3], values[3:4], values[4:]]) == pytest.approx(values.std(), rel=1e-6)


def test_no_numbers_have_no_spread() -> None:
    """Nothing is not zero."""
    assert np.isnan(spread([]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200])
def test_numbers_beyond_reckoning_have_no_spread(value: float) -> None:
    """Not finite, or so large that their squares are not."""
    assert np.isnan(spread([np.array([1.0, value]), np.array([-value])]))


def test_the_correlation_is_pearsons_of_each_series() -> None:
    """By a naive loop over the series and numpy's own coefficient."""
    x, y = _profile(1), _profile(2)
    found = profile_correlation(x, y)

    assert found is not None
    assert found.by_series == pytest.approx([np.corrcoef(x[:, i], y[:, i])[0, 1] for i in range(4)], abs=1e-12)
    assert found.n_points == 9


def test_normalised_series_end_to_end_correlate_as_their_mean() -> None:
    """Both published forms are one number: the mean of four r, and the r of the four series in a row."""
    x, y = _profile(3), _profile(4)
    end_to_end = [((z - z.mean(0)) / z.std(0)).T.ravel() for z in (x, y)]
    found = profile_correlation(x, y)

    assert found is not None
    assert found.overall == pytest.approx(np.corrcoef(*end_to_end)[0, 1], abs=1e-12)


def test_scale_and_offset_of_a_series_do_not_matter() -> None:
    """A child whose weights all grew by a factor has its parent's shape."""
    x = _profile(5)
    found = profile_correlation(x, x * np.array([2.0, 0.1, 7.0, 1.0]) + 3.0)

    assert found is not None
    assert found.overall == pytest.approx(1.0, abs=1e-12)


def test_both_sides_count_alike() -> None:
    """Swapping the models changes nothing, at unequal depth too."""
    x, y = _profile(6, 12), _profile(7, 5)
    there, back = profile_correlation(x, y), profile_correlation(y, x)

    assert there is not None
    assert back is not None
    assert there.overall == back.overall
    assert there.n_points == back.n_points == 5


def test_unequal_depths_are_read_at_the_fewer() -> None:
    """A straight line stays one: nine layers read at three depths are the first, the middle and the last."""
    line = np.linspace(0.0, 8.0, 9)[:, None].repeat(4, axis=1)

    assert at_depths(line, 3)[:, 0].tolist() == [0.0, 4.0, 8.0]
    assert at_depths(line, 4)[:, 0] == pytest.approx([0.0, 8 / 3, 16 / 3, 8.0])
    assert at_depths(line, 9).tolist() == line.tolist()


@pytest.mark.parametrize(
    "x",
    [np.ones((9, 4)), _profile(8, 2), np.full((9, 4), 0.1) * (1 + 1e-13 * _profile(1))],
    ids=["flat", "two", "noise"],
)
def test_what_cannot_correlate_is_not_given_a_number(x: FloatArray) -> None:
    """Flat series, two points and rounding noise have no shape."""
    assert profile_correlation(x, _profile(9)) is None


def test_unrelated_profiles_correlate_by_chance_alone() -> None:
    """Null: independent profiles have mean r 0 and the spread 1/√(s (n − 1)) of a mean of s coefficients."""
    found = [profile_correlation(_profile(2 * i), _profile(2 * i + 1)) for i in range(400)]
    values = np.array([each.overall for each in found if each is not None])

    assert abs(values.mean()) < 4 * (1 / np.sqrt(4 * 8)) / np.sqrt(400)
    assert values.std() == pytest.approx(1 / np.sqrt(4 * 8), rel=0.12)


def test_smooth_curves_of_strangers_correlate_highly() -> None:
    """The reason why the number is never shown alone: two unrelated rising curves reach .9."""
    depth = np.linspace(0.0, 1.0, 40)[:, None]
    rng = np.random.default_rng(3)
    x, y = (depth ** rng.uniform(0.5, 2.0, 4) + rng.normal(0, 0.03, (40, 4)) for _ in range(2))
    found = profile_correlation(x, y)

    assert found is not None
    assert found.overall > 0.9


def test_inputs_are_left_as_they_are() -> None:
    """Nothing is normalised in place."""
    x, y = _profile(10), _profile(11, 6)
    before = x.copy(), y.copy()
    profile_correlation(x, y)

    assert (x == before[0]).all()
    assert (y == before[1]).all()
