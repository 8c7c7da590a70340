"""Mixture and tilt fits against likelihoods evaluated by hand and laws that are known."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.stats.mixture import Counts, fit_mixture, fit_tilt, log_likelihood, n_pooled, pooled_rare, saturated

P = np.array([[0.6, 0.3, 0.1, 0.0], [0.5, 0.2, 0.2, 0.1]])
Q = np.array([[0.1, 0.1, 0.2, 0.6], [0.1, 0.1, 0.7, 0.1]])


def expected(share: float, n: int = 10_000) -> Counts:
    """Return counts exactly as the laws say, one data set."""
    return Counts(reference=(n * P)[None], suspect=(n * ((1 - share) * P + share * Q))[None], alternative=(n * Q)[None])


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_the_share_of_exact_counts_is_found(share: float) -> None:
    """Counts equal to their expectations give back the share and both laws."""
    fit = fit_mixture(expected(share))
    assert fit.share[0, 0] == pytest.approx(share, abs=2e-3)
    assert fit.reference[0] == pytest.approx(P, abs=2e-3)
    assert fit.alternative[0] == pytest.approx(Q, abs=2e-3)


def test_no_other_share_is_likelier(rng: np.random.Generator) -> None:
    """The fit is not beaten by the profile likelihood of two known laws on a grid of shares."""
    counts = Counts(
        reference=rng.multinomial(200, P).astype(float)[None],
        suspect=rng.multinomial(200, 0.7 * P + 0.3 * Q).astype(float)[None],
        alternative=rng.multinomial(200, Q).astype(float)[None],
    )
    best = fit_mixture(counts).log_likelihood[0]
    p, q = (side[0] / 200 for side in (counts.reference, counts.alternative))
    others = [
        log_likelihood(counts.reference[0], p)
        + log_likelihood(counts.alternative[0], q)
        + log_likelihood(counts.suspect[0], (1 - e) * p + e * q)
        for e in np.linspace(0.01, 0.99, 99)
    ]
    assert best >= max(others) - 1e-6


def test_a_share_of_its_own_fits_each_probe() -> None:
    """With a share a probe, each probe's own is found."""
    counts = expected(0.0)
    shares = np.array([[0.1], [0.5]])
    counts = Counts(
        reference=counts.reference,
        suspect=(10_000 * ((1 - shares) * P + shares * Q))[None],
        alternative=counts.alternative,
    )
    assert fit_mixture(counts, by_probe=True).share[0] == pytest.approx([0.1, 0.5], abs=5e-3)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_exponent_of_exact_counts_is_found(exponent: float) -> None:
    """A tilted copy gives back its exponent and reaches the saturated likelihood."""
    raised = np.where(P > 0, P, 0.0) ** exponent
    suspect = 10_000 * raised / raised.sum(-1, keepdims=True)
    fit = fit_tilt(10_000 * P, suspect, np.ones((2, 1)))
    assert fit.exponent == pytest.approx(exponent, rel=0.01)
    assert fit.log_likelihood == pytest.approx(float(saturated(10_000 * P) + saturated(suspect)), rel=1e-6)


def test_the_exponent_of_huge_counts_is_found_all_the_same() -> None:
    """With 10¹² answers rounding keeps the slope above where the fit would stop: its steps are counted."""
    suspect = 1e12 * P**2 / (P**2).sum(-1, keepdims=True)
    assert fit_tilt(1e12 * P, suspect, np.ones((2, 1))).exponent == pytest.approx(2.0, rel=0.01)


def test_pooling_rare_answers_keeps_every_count() -> None:
    """Rare answers become one last category; totals stay, and what it stands for is counted."""
    counts = Counts(
        reference=np.array([[5.0, 1.0, 0.0, 1.0]]),
        suspect=np.array([[4.0, 0.0, 1.0, 0.0]]),
        alternative=np.array([[0.0, 1.0, 0.0, 1.0]]),
    )
    pooled = pooled_rare(counts, fewer_than=4)
    assert [[5.0, 2.0]] == pooled.reference.tolist()
    assert [[4.0, 1.0]] == pooled.suspect.tolist()
    assert [[0.0, 2.0]] == pooled.alternative.tolist()
    assert [[3.0]] == n_pooled(counts, fewer_than=4).tolist()


def test_sparse_tables_need_pooling(rng: np.random.Generator) -> None:
    """Without pooling the joint fit loses a share of .3 among many rare answers; with it the mean is right."""
    laws = rng.dirichlet(np.full(20, 0.5), (2, 16))
    draws = [
        rng.multinomial(15, law, size=(40, 16)).astype(float)
        for law in (laws[0], 0.7 * laws[0] + 0.3 * laws[1], laws[1])
    ]
    raw = fit_mixture(Counts(reference=draws[0], suspect=draws[1], alternative=draws[2])).share.mean()
    found = []
    for r in range(40):
        one = Counts(reference=draws[0][r], suspect=draws[1][r], alternative=draws[2][r])
        p = pooled_rare(one, fewer_than=4)
        found.append(
            fit_mixture(
                Counts(reference=p.reference[None], suspect=p.suspect[None], alternative=p.alternative[None])
            ).share[0, 0]
        )
    assert raw < 0.2
    assert np.mean(found) == pytest.approx(0.3, abs=0.05)
