"""A p-value that stops early keeps its level, its floor and its draws."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.stats.sequential_pvalue import ENOUGH, sequential_pvalue


def pvalue(rng: np.random.Generator, observed: float, *, most: int = 2_000) -> float:
    """Return the p of a value among standard normal draws."""
    return sequential_pvalue(observed, lambda _: rng.normal(size=200), most=most).pvalue


def test_level_is_kept_under_the_null() -> None:
    """Of 600 null values at most the nominal share has a p at or below it (upper 99.9 % limits)."""
    rng = np.random.default_rng(6)
    found = np.array([pvalue(rng, rng.normal()) for _ in range(600)])
    for level in (0.01, 0.05, 0.5):
        assert (found <= level).sum() <= 600 * level + 3.1 * np.sqrt(600 * level * (1 - level))
    assert (found <= 0.5).mean() == pytest.approx(0.5, abs=0.07)


def test_never_zero_and_all_draws_used_where_the_value_is_extreme() -> None:
    """With no draw as large p = 1/(1 + B); a value in the middle stops after ten that are."""
    rng = np.random.default_rng(7)
    extreme = sequential_pvalue(50.0, lambda _: rng.normal(size=200), most=1_999)
    assert (1 / 2_000, 1_999) == (extreme.pvalue, extreme.n_draws)
    middle = sequential_pvalue(0.0, lambda _: rng.normal(size=200), most=1_999)
    assert middle.n_draws < 60
    assert middle.pvalue == pytest.approx(ENOUGH / middle.n_draws)


def test_ties_count_as_exceedances() -> None:
    """A statistic that never varies has p = 1."""
    assert 1.0 == sequential_pvalue(0.3, lambda _: np.full(200, 0.3), most=1_000).pvalue
