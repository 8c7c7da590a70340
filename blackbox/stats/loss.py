"""An exact test of whether two sides lost answers at the same rate, probe by probe."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from blackbox.stats.permutation import RELATIVE_TIE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray


def stratified_exact_pvalue(
    lost_x: Sequence[int], n_x: Sequence[int], lost_y: Sequence[int], n_y: Sequence[int]
) -> float:
    """Return the two-sided exact p-value of equal loss within strata.

    Null hypothesis: within each probe every asked question is equally likely to be among the lost ones,
    whichever side it was asked of. Given the margins the lost count of side x is hypergeometric in each
    probe and their sum's distribution is a convolution; outcomes no likelier than the observed one count.

    Args:
        lost_x: Missing answers of side x at each probe.
        n_x: Questions asked of side x at each probe.
        lost_y: Missing answers of side y at each probe.
        n_y: Questions asked of side y at each probe.

    References:
        Mehta, Patel & Gray (1985), "Computing an exact confidence interval for the common odds ratio in
        several 2 × 2 contingency tables", JASA 80, 969–973 (the conditional distribution).
    """
    distribution = np.ones(1)
    observed = 0
    for a, n, b, m in zip(lost_x, n_x, lost_y, n_y, strict=True):
        low, probabilities = _stratum(a + b, n, m)
        distribution = np.convolve(distribution, probabilities)
        observed += a - low
    at_most = distribution <= distribution[observed] * (1 + RELATIVE_TIE)
    return float(min(1.0, distribution[at_most].sum()))


@lru_cache(maxsize=4096)
def _stratum(lost: int, n: int, m: int) -> tuple[int, FloatArray]:
    low, high = max(0, lost - m), min(lost, n)
    support = np.arange(low, high + 1)
    found = np.asarray(hypergeom(n + m, n, lost).pmf(support), dtype=np.float64) if lost else np.ones(1)
    found.setflags(write=False)
    return low, found


def worst_missing_mmd2(counts: tuple[FloatArray, FloatArray], lost: tuple[int, int]) -> float:
    """Return the largest unbiased exact-match MMD² that two samples could have had, had no answer been lost.

    MMD² is convex in the counts, so the worst is one answer for all that side x lost and another for all that side y
    lost; answers nobody gave are among them.

    Args:
        counts: `(K,)` counts of both sides over the same answers, at least two a side.
        lost: Answers each side lost.

    References:
        Gretton et al. (2012), "A kernel two-sample test", JMLR 13, eq. (3) (the statistic).
    """
    x, y = (np.concatenate([side, [0.0, 0.0]]) for side in counts)
    lost_x, lost_y = lost
    n, m = x.sum() + lost_x, y.sum() + lost_y
    of_x = _gained(x, lost_x) / (n * (n - 1)) - 2 * lost_x * y / (n * m)
    of_y = _gained(y, lost_y) / (m * (m - 1)) - 2 * lost_y * x / (n * m)
    kept = (x * (x - 1)).sum() / (n * (n - 1)) + (y * (y - 1)).sum() / (m * (m - 1)) - 2 * (x @ y) / (n * m)
    together = of_x + of_y - 2 * lost_x * lost_y / (n * m)
    return float(kept + max(_best_apart(of_x, of_y), together.max()))


def _gained(counts: FloatArray, lost: int) -> FloatArray:
    """Return by how much Σ N(N − 1) grows if all lost answers were this one."""
    return np.asarray(2 * lost * counts + lost * (lost - 1))


def _best_apart(first: FloatArray, second: FloatArray) -> float:
    """Return the largest first[i] + second[j] over i ≠ j."""
    i, j = (np.argsort(-side, kind="stable")[:2] for side in (first, second))
    if i[0] != j[0]:
        return float(first[i[0]] + second[j[0]])
    return float(max(first[i[0]] + second[j[1]], first[i[1]] + second[j[0]]))
