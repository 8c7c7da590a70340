"""The integrated likelihood of a share against a sum over every way the calls may have been answered."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import gammaln

from blackbox.stats.mixture import Counts, fit_mixture
from blackbox.stats.share_likelihood import GRID, Prior, log_likelihood, n_moved_weights, priors, share_interval

N_PROBES, N_ANSWERS, N_CALLS = 16, 20, 15


def audit(rng: np.random.Generator, share: float, n: int = N_CALLS) -> Counts:
    """Return the answers of reference, suspect and alternative, whose laws are new each time and spread widely."""
    p, q = rng.dirichlet(np.full(N_ANSWERS, 0.5), (2, N_PROBES))
    reference, suspect, alternative = (
        rng.multinomial(n, law / law.sum(-1, keepdims=True)).astype(float)
        for law in (p, (1 - share) * p + share * q, q)
    )
    return Counts(reference=reference, suspect=suspect, alternative=alternative)


def dirichlet_multinomial(counts: np.ndarray, prior: np.ndarray, total: float) -> float:
    """Return the log-probability of one sequence of answers with these counts."""
    on = prior > 0
    cells = gammaln(prior[on] + counts[on]) - gammaln(prior[on])
    return float(cells.sum() + gammaln(total) - gammaln(total + counts.sum()))


def test_it_is_the_sum_over_all_ways_the_calls_may_have_been_answered() -> None:
    """Four calls at a probe, each the reference's or the alternative's: sixteen ways, added up one by one."""
    n, m, c = np.array([[3.0, 1, 0]]), np.array([[1.0, 2, 1]]), np.array([[0.0, 2, 4]])
    own, other = np.array([[0.5, 0.4, 0.3]]), np.array([[0.2, 0.3, 0.6]])
    totals = (1.5, 2.0)
    counts = Counts(reference=n, suspect=m, alternative=c)
    reference, alternative = (
        Prior(counts=prior, total=np.array([total])) for prior, total in zip((own, other), totals, strict=True)
    )
    weights = n_moved_weights(counts, reference, alternative)[0]
    calls = [0, 1, 1, 2]
    for z in range(5):
        ways = []
        for which in product((0, 1), repeat=4):
            if sum(which) == z:
                moved = np.bincount([k for k, w in zip(calls, which, strict=True) if w], minlength=3).astype(float)
                kept = m[0] - moved
                ways.append(
                    dirichlet_multinomial(kept, own[0] + n[0], totals[0] + n.sum())
                    + dirichlet_multinomial(moved, other[0] + c[0], totals[1] + c.sum())
                )
        assert weights[z] == pytest.approx(np.log(np.exp(ways).sum()), abs=1e-9)


def test_the_interval_covers_and_the_joint_maximum_would_be_far_off() -> None:
    """Of 80 intervals at a share of .3 at least 69 hold it; the joint fit of these answers is biased by a third."""
    rng = np.random.default_rng(1)
    audits = [audit(rng, 0.3) for _ in range(80)]
    found = [share_interval(one, level=0.95) for one in audits]
    assert sum(i.low <= 0.3 <= i.high for i in found) >= 69
    assert abs(np.mean([i.share for i in found]) - 0.3) < 0.03
    sides = [np.stack([getattr(one, name) for one in audits]) for name in ("reference", "suspect", "alternative")]
    joint = fit_mixture(Counts(reference=sides[0], suspect=sides[1], alternative=sides[2]))
    assert abs(joint.share.mean() - 0.3) > 0.1


def test_nothing_of_the_alternative_is_a_share_of_zero() -> None:
    """With none the interval begins at 0, with all it ends at 1."""
    rng = np.random.default_rng(2)
    assert sum(share_interval(audit(rng, 0.0), level=0.95).low == 0.0 for _ in range(10)) >= 9
    assert sum(share_interval(audit(rng, 1.0), level=0.95).high == 1.0 for _ in range(10)) >= 9


def test_the_order_of_probes_and_answers_changes_nothing() -> None:
    """Both are names only."""
    one = audit(np.random.default_rng(3), 0.2)
    rows, columns = (np.random.default_rng(4).permutation(n) for n in (N_PROBES, N_ANSWERS))
    turned = [side[rows][:, columns] for side in (one.reference, one.suspect, one.alternative)]
    other = Counts(reference=turned[0], suspect=turned[1], alternative=turned[2])
    assert log_likelihood(other) == pytest.approx(log_likelihood(one), abs=1e-8)


def test_many_answers_and_one_answer_give_numbers() -> None:
    """Four hundred calls a probe; probes at which only one answer was ever given; one probe alone."""
    many = audit(np.random.default_rng(5), 0.3, 400)
    assert share_interval(many, level=0.95).share == pytest.approx(0.3, abs=0.03)
    constant = Counts(reference=np.full((3, 1), 5.0), suspect=np.full((3, 1), 5.0), alternative=np.full((3, 1), 5.0))
    assert np.isfinite(log_likelihood(constant)[1:-1]).all()
    found = share_interval(constant, level=0.95)
    assert (found.low, found.high) == (0.0, 1.0)


def test_the_suspect_does_not_choose_the_priors() -> None:
    """The suspect's answers leave the sizes of the priors alone, as long as they are answers the others gave."""
    one = audit(np.random.default_rng(6), 0.2)
    only = Counts(reference=one.reference, suspect=one.reference, alternative=one.alternative)
    again = Counts(reference=one.reference, suspect=3 * one.reference, alternative=one.alternative)
    for first, second in zip(priors(only), priors(again), strict=True):
        assert np.array_equal(first.counts, second.counts)
        assert np.array_equal(first.total, second.total)
    assert len(GRID) == len(log_likelihood(one))
