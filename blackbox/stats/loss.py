"""An exact test of whether two sides lost answers at the same rate, probe by probe."""

from __future__ import annotations

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


def _stratum(lost: int, n: int, m: int) -> tuple[int, FloatArray]:
    low, high = max(0, lost - m), min(lost, n)
    support = np.arange(low, high + 1)
    return low, np.asarray(hypergeom(n + m, n, lost).pmf(support), dtype=np.float64) if lost else np.ones(1)
