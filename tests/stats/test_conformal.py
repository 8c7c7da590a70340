"""Rule 2 of *changed*: uniform p-values of exchangeable runs, a wealth that rarely grows under the null, and power."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from blackbox.stats.conformal import RestartMartingale, smoothed_pvalue


def highest(rng: np.random.Generator, scores: np.ndarray) -> float:
    """Return the largest wealth that successive scores make."""
    martingale, top = RestartMartingale(horizon=len(scores)), 1.0
    for n in range(1, len(scores) + 1):
        martingale.play(smoothed_pvalue(scores[:n], rng.random()))
        top = max(top, martingale.wealth)
    return top


def test_pvalues_of_exchangeable_scores_are_uniform_and_independent() -> None:
    """Ties and heavy tails do not matter: that is what the null hypothesis is."""
    rng = np.random.default_rng(2)
    pvalues = []
    for _ in range(100):
        scores = np.round(rng.standard_t(2, 30), 1)
        pvalues.append([smoothed_pvalue(scores[:n], rng.random()) for n in range(1, 31)])
    found = np.array(pvalues)
    assert kstest(found.ravel(), "uniform").pvalue > 0.01
    assert abs(np.corrcoef(found[:, 20], found[:, 29])[0, 1]) < 0.3


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_wealth_reaches_its_bound_no_more_often_than_it_may(level: float) -> None:
    """P(wealth ever ≥ 1/a) ≤ a over 150 exchangeable histories of 30 runs (upper 99.9 % limit of that share)."""
    rng = np.random.default_rng(3)
    hits = sum(highest(rng, rng.lognormal(0, 2, 30)) >= 1 / level for _ in range(150))
    assert hits <= 150 * level + 3.1 * np.sqrt(150 * level * (1 - level))


def test_a_wealth_without_honest_odds_is_caught() -> None:
    """With p-values that are half too small the same bound is broken: the test above can fail."""
    rng = np.random.default_rng(4)

    def cheated(scores: np.ndarray) -> float:
        martingale, top = RestartMartingale(horizon=len(scores)), 1.0
        for n in range(1, len(scores) + 1):
            martingale.play(0.5 * smoothed_pvalue(scores[:n], rng.random()))
            top = max(top, martingale.wealth)
        return top

    hits = sum(cheated(rng.lognormal(0, 2, 30)) >= 5 for _ in range(150))
    assert hits > 150 * 0.2 + 3.1 * np.sqrt(150 * 0.2 * 0.8)


def test_a_change_that_ranks_show_is_found_within_a_few_runs() -> None:
    """After 30 runs, runs above all earlier ones reach a wealth of 200 by the fifth of them."""
    rng = np.random.default_rng(5)
    found = [highest(rng, np.concatenate([rng.normal(0, 1, 30), rng.normal(8, 1, 5)])) for _ in range(30)]
    assert min(found) >= 200


def test_horizon_is_kept() -> None:
    """A wealth declared for so many runs is not asked of one more."""
    martingale = RestartMartingale(horizon=1)
    martingale.play(0.5)
    with pytest.raises(ValueError, match="horizon"):
        martingale.play(0.5)
