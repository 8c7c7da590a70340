"""The likelihood of a share of a known alternative, with both sides' unknown answer laws integrated out.

A joint maximum over the share and all answer probabilities is biased where answers are few, because every probe brings
unknowns of its own (Neyman & Scott 1948). Here the laws have Dirichlet priors whose sizes come from the answers of
reference and alternative, and the integral is exact: given how many of the suspect's answers were the alternative's at
a probe, answer by answer, it is a product of gamma functions, and sums over these numbers are convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy
from scipy.stats import t

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from blackbox.core import FloatArray
    from blackbox.stats.mixture import Counts

    Given = npt.NDArray[np.bool_]

GRID = np.linspace(0.0, 1.0, 501)
"""Shares at which the likelihood is computed."""
SIZES = np.geomspace(0.02, 5.0, 15)
"""Prior counts of one answer that are tried."""
UNSEEN = (1.0, 1.25, 1.6, 2.2, 3.5, 6.0)
"""Answers there may be at a probe, for each that reference or alternative gave."""
LEANINGS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
"""How far the reference's prior leans on the alternative's answers: models share their popular ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareInterval:
    """The likeliest share and the shares hardly less likely."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Dirichlet counts: `(P, K)` of each answer seen, and `(P,)` of all, those nobody gave among them."""

    counts: FloatArray
    total: FloatArray


def share_interval(counts: Counts, *, level: float) -> ShareInterval:
    """Return the share of highest integrated likelihood and its likelihood-ratio interval.

    The bound on twice the log-ratio is the square of Student's t with one degree of freedom fewer than probes: sizes
    of the priors are estimated from as many probes.

    Args:
        counts: `(P, K)` each.
        level: Confidence.

    References:
        Berger, Liseo & Wolpert (1999), "Integrated likelihood methods for eliminating nuisance parameters",
        Statist. Sci. 14, 1–28, eq. (5).
    """
    curve = log_likelihood(counts)
    reach = t.ppf((1 + level) / 2, max(1, len(counts.reference) - 1)) ** 2
    likely = GRID[2 * (curve.max() - curve) <= reach]
    return ShareInterval(share=float(GRID[curve.argmax()]), low=float(likely[0]), high=float(likely[-1]))


def log_likelihood(counts: Counts) -> FloatArray:
    """Return the integrated log-likelihood at each share of `GRID`, up to a constant."""
    reference, alternative = priors(counts)
    n_calls = counts.suspect.sum(-1).astype(int)
    weights = n_moved_weights(counts, reference, alternative)[:, :, None]
    moved = np.arange(weights.shape[1])[:, None]
    kept = np.maximum(n_calls[:, None, None] - moved, 0)
    terms = weights + xlogy(moved, GRID) + xlogy(kept, 1 - GRID)
    return np.asarray(logsumexp(terms, axis=1).sum(0))


def priors(counts: Counts) -> tuple[Prior, Prior]:
    """Return the priors of the reference's and the alternative's law, those under which their answers are likeliest.

    The suspect's answers only say which answers exist: a share among them would widen the priors.

    References:
        Carlin & Louis (2000), "Bayes and Empirical Bayes Methods", 2nd ed., §3.1 (marginal maximum likelihood).
    """
    n, c = counts.reference, counts.alternative
    seen = (n + c + counts.suspect) > 0
    given = (n + c) > 0
    tried = ((size, _n_answers(given, factor)) for factor in UNSEEN for size in SIZES)
    size, n_answers = max(tried, key=lambda one: _evidence_of_both(n, c, given, *one))
    n_answers = np.maximum(n_answers, seen.sum(-1))
    of_alternative = Prior(counts=size * seen, total=size * n_answers)
    expected = (c + of_alternative.counts) / (c.sum(-1) + of_alternative.total)[:, None]
    leaning = _leaning(seen, expected * n_answers[:, None], n_answers)
    return max(leaning, key=lambda prior: _evidence(n, prior)), of_alternative


def n_moved_weights(counts: Counts, reference: Prior, alternative: Prior) -> FloatArray:
    """Return `(P, M + 1)` log-weights: how likely these answers are if z of a probe's M calls were the alternative's.

    Summed with z = how many were, at share ε each of probability ε^z (1 − ε)^(M − z), they give the likelihood.
    """
    order = np.argsort(-counts.suspect, axis=-1, kind="stable")
    m, n, c = (np.take_along_axis(s, order, -1) for s in (counts.suspect, counts.reference, counts.alternative))
    n = n + np.take_along_axis(reference.counts, order, -1)
    c = c + np.take_along_axis(alternative.counts, order, -1)
    n_calls = m.sum(-1, keepdims=True)
    weights = np.full((len(m), int(n_calls.max()) + 1), -np.inf)
    weights[:, 0] = 0.0
    for k in range(int((m > 0).any(0).sum())):
        weights = _convolved(weights, _split(m[:, k, None], n[:, k, None], c[:, k, None]))
    moved = np.arange(weights.shape[1])
    of_reference = (reference.total + counts.reference.sum(-1))[:, None]
    of_alternative = (alternative.total + counts.alternative.sum(-1))[:, None]
    totals = gammaln(of_reference + np.maximum(n_calls - moved, 0)) - gammaln(of_reference)
    totals = totals + gammaln(of_alternative + moved) - gammaln(of_alternative)
    return np.asarray(np.where(moved <= n_calls, weights - totals, -np.inf))


def _split(m: FloatArray, n: FloatArray, c: FloatArray) -> FloatArray:
    """Return `(P, top + 1)` log-weights of z of m equal answers being the alternative's; n and c hold prior counts."""
    z = np.arange(int(m.max()) + 1)
    kept = np.maximum(m - z, 0)
    # An answer that a probe does not have has no prior counts there, and m is 0.
    n, c = np.where(m > 0, n, 1.0), np.where(m > 0, c, 1.0)
    ways = gammaln(m + 1) - gammaln(np.minimum(z, m) + 1) - gammaln(kept + 1)
    weights = ways + gammaln(n + kept) - gammaln(n) + gammaln(c + z) - gammaln(c)
    return np.asarray(np.where(z <= m, weights, -np.inf))


def _convolved(weights: FloatArray, more: FloatArray) -> FloatArray:
    """Return the log of the convolution of two rows of weights, as long as the first."""
    found = weights + more[:, :1]
    for z in range(1, more.shape[1]):
        found[:, z:] = np.logaddexp(found[:, z:], weights[:, :-z] + more[:, z, None])
    return found


def _n_answers(given: Given, factor: float) -> FloatArray:
    return np.asarray(np.round(given.sum(-1) * factor))


def _evidence_of_both(n: FloatArray, c: FloatArray, given: Given, size: float, n_answers: FloatArray) -> float:
    """Return the log-probability of both sides' answers, whichever of the possible answers these are."""
    prior = Prior(counts=np.where(given, size, 0.0), total=size * n_answers)
    names = gammaln(n_answers + 1) - gammaln(n_answers - given.sum(-1) + 1)
    return float(names.sum()) + _evidence(n, prior) + _evidence(c, prior)


def _leaning(seen: Given, expected: FloatArray, n_answers: FloatArray) -> Iterable[Prior]:
    for lean in LEANINGS:
        shape = np.asarray((1 - lean) * seen + lean * expected, dtype=np.float64)
        for size in SIZES:
            yield Prior(counts=float(size) * shape, total=float(size) * n_answers)


def _evidence(counts: FloatArray, prior: Prior) -> float:
    """Return the log-probability of the answers under a Dirichlet prior of their law."""
    there = prior.counts > 0
    sizes = np.where(there, prior.counts, 1.0)
    cells = np.where(there, gammaln(sizes + counts) - gammaln(sizes), 0.0)
    return float(cells.sum() + (gammaln(prior.total) - gammaln(prior.total + counts.sum(-1))).sum())
