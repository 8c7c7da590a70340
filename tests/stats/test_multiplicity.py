"""Adjusted p-values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from blackbox.stats.multiplicity import benjamini_hochberg, holm, westfall_young


def test_holm_by_hand() -> None:
    """Three p-values: times 3, 2, 1, made monotone, in the order given."""
    assert holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])


def test_holm_never_exceeds_one() -> None:
    """Adjusted p-values are probabilities."""
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    """Our values equal scipy's false_discovery_control."""
    p = np.random.default_rng(0).uniform(size=40)
    assert benjamini_hochberg(list(p)) == pytest.approx(list(false_discovery_control(p, method="bh")))


def test_westfall_young_of_copies_costs_nothing() -> None:
    """Two identical statistics need no correction: their adjusted p is the raw p."""
    draws = np.concatenate([[3.0], np.linspace(0, 4, 99)])
    raw = (1 + int((draws[1:] >= 3.0).sum())) / 100
    assert westfall_young(np.stack([draws, draws])) == pytest.approx([raw, raw])


def test_westfall_young_is_between_raw_and_bonferroni() -> None:
    """Independent statistics are corrected, no more than by Bonferroni (up to Monte Carlo noise), in order."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(3, 1000))
    draws[:, 0] = [2.5, 1.0, 2.0]
    raw = [(1 + int((row[1:] >= row[0]).sum())) / 1000 for row in draws]
    adjusted = westfall_young(draws)
    assert all(r <= a <= 3 * r + 0.02 for r, a in zip(raw, adjusted, strict=True))
    assert np.argsort(adjusted).tolist() == [0, 2, 1]
