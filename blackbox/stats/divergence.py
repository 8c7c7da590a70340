"""Jensen–Shannon divergence of counts, and what it is on average under shuffled labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, xlogy

from blackbox.stats.distances import NONE, folded

if TYPE_CHECKING:
    from blackbox.core import FloatArray


def jsd_bits(counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return the plug-in Jensen–Shannon divergence in bits of `(…, K)` counts of side x among `total` `(K,)`.

    References:
        Lin (1991), "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 145–151,
        eq. (4.1) with equal weights.
    """
    all_x = folded(counts_x, total)
    n, m = all_x.n_x, all_x.n_y
    listed = _terms(all_x.x, all_x.total, n, m).sum(-1)
    if all_x.once_x is NONE:
        return np.asarray(listed)
    once = [_terms(np.array(side), 1.0, n[..., 0], m[..., 0]) for side in (1.0, 0.0)]
    return np.asarray(listed + all_x.once_x * once[0] + all_x.once_y * once[1])


def jsd_permutation_mean(total: FloatArray, *, n_x: int) -> float:
    """Return the exact mean of `jsd_bits` over all labellings with `n_x` answers on side x.

    Each category's count on side x is hypergeometric, and the divergence is a sum over categories.

    Args:
        total: `(K,)` counts of both sides together.
        n_x: Answers of side x.
    """
    size = int(total.sum())
    present, times = np.unique(total[total > 0], return_counts=True)
    support = np.arange(n_x + 1.0)
    counts = present[:, None]
    possible = (support <= counts) & (counts - support <= size - n_x)
    x = np.where(possible, support, 0.0)
    y = np.where(possible, counts - support, 0.0)
    chances = np.exp(_log_choose(n_x, x) + _log_choose(size - n_x, y) - _log_choose(size, counts))
    terms = _terms(x, x + y, float(n_x), float(size - n_x))
    return float(times @ (chances * terms * possible).sum(1))


def _log_choose(n: int, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def _terms(counts_x: FloatArray, total: FloatArray | float, n: FloatArray | float, m: FloatArray | float) -> FloatArray:
    p, q = counts_x / n, (total - counts_x) / m
    half = (p + q) / 2
    return np.asarray(((xlogy(p, p) + xlogy(q, q)) / 2 - xlogy(half, half)) / np.log(2))
