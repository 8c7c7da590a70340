"""Two-sample statistics as functions of counts and Gram matrices, over many labellings at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray


ROUNDING = 1e-13
"""Relative error of a squared distance."""
MANY_ONCE = 256
"""Answers given once from which on they are taken together."""
NONE = np.zeros(())
"""No answer taken together with others."""
NONE.setflags(write=False)
FEW_CODES = 64
"""Codes up to which a matrix product counts them fastest."""


def counts_by_label(codes: AnyArray, labels: LabelArray) -> FloatArray:
    """Return `(1 + B, K)` counts of each code on side x; exact integers in float64.

    Args:
        codes: `(N,)` integers 0…K−1.
        labels: `(1 + B, N)`, 1 for side x.
    """
    n_codes = int(codes.max()) + 1
    if n_codes > FEW_CODES:
        return _sorted_counts(codes, labels, n_codes)
    one_hot = np.zeros((len(codes), n_codes), dtype=np.float32)
    one_hot[np.arange(len(codes)), codes] = 1.0
    return (labels.astype(np.float32) @ one_hot).astype(np.float64)


def _sorted_counts(codes: AnyArray, labels: LabelArray, n_codes: int) -> FloatArray:
    """Return the counts by summing runs of equal codes: memory and time grow with the answers, not with N · K."""
    order = np.argsort(codes, kind="stable")
    given, starts = np.unique(codes[order], return_index=True)
    counts = np.zeros((len(labels), n_codes))
    counts[:, given] = np.add.reduceat(labels[:, order], starts, axis=1, dtype=np.int64)
    return counts


def mean_agreements(sides: Sequence[AnyArray]) -> FloatArray:
    """Return `(S, S)` how often two different answers agree: of one side on the diagonal, else one of each of two.

    Args:
        sides: `(n_s,)` codes of each side, at least two.
    """
    answers = np.unique(np.concatenate(sides))
    counts = np.stack([np.bincount(np.searchsorted(answers, side), minlength=len(answers)) for side in sides])
    sizes = counts.sum(1).astype(np.float64)
    agreeing = (counts @ counts.T).astype(np.float64) - np.diag(sizes)
    return np.asarray(agreeing / (np.outer(sizes, sizes) - np.diag(sizes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Counts with the answers that were given once taken together: sums over answers are linear in these.

    Args:
        x: `(…, K)` counts of side x of the answers listed.
        total: `(K,)` counts of both sides, or `(…, K)` where each row has its own.
        n_x: `(…, 1)` answers of side x, those not listed among them.
        n_y: `(…, 1)` answers of side y.
        once_x: `(…,)` answers given once that side x gave and that are not listed, or one 0.
        once_y: `(…,)` those of side y, or one 0.
    """

    x: FloatArray
    total: FloatArray
    n_x: FloatArray
    n_y: FloatArray
    once_x: FloatArray
    once_y: FloatArray


def summed(counts: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the sums of `(…, K)` over the last axis, times `(K,)` or `(…, K)` weights.

    A product with a vector takes a fifth of the time of `sum` where K is small and there are many rows.
    """
    if weights is None:
        return np.asarray(counts @ np.ones(counts.shape[-1]))
    return np.asarray(counts @ weights if weights.ndim == 1 else np.einsum("...k,...k->...", counts, weights))


def folded(counts_x: FloatArray, total: FloatArray) -> Folded:
    """Return counts of side x among `total`; where all rows share it, single answers are taken together if many."""
    n_x = summed(counts_x)[..., None]
    n_y = total.sum(-1, keepdims=True) - n_x
    kept = total != 1
    if total.ndim > 1 or len(total) - kept.sum() < MANY_ONCE:
        return Folded(x=counts_x, total=total, n_x=n_x, n_y=n_y, once_x=NONE, once_y=NONE)
    x, total = counts_x[..., kept], total[kept]
    once_x = n_x[..., 0] - summed(x)
    once_y = n_y[..., 0] - (total.sum() - summed(x))
    return Folded(x=x, total=total, n_x=n_x, n_y=n_y, once_x=once_x, once_y=once_y)


def exact_mmd2(counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return the unbiased exact-match MMD² of `(…, K)` counts of side x among `total` `(K,)` or `(…, K)`.

    Σ_a [N_a(N_a−1)/(n(n−1)) − 2 N_a M_a/(nm) + M_a(M_a−1)/(m(m−1))], the one-hot kernel.
    Null hypothesis: both samples come from one distribution; labels are exchangeable.

    References:
        Gretton et al. (2012), "A kernel two-sample test", JMLR 13, eq. (3), with k(a, b) = [a = b].
    """
    all_x = folded(counts_x, total)
    x, n, m = all_x.x, all_x.n_x[..., 0], all_x.n_y[..., 0]
    listed, squares, to_all = summed(x), summed(x * x), summed(x, all_x.total)
    within_x, across = squares - listed, to_all - squares
    within_y = summed(all_x.total * (all_x.total - 1)) - within_x - 2 * across
    return np.asarray(within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * across / (n * m))


def chi2(counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return Pearson's χ² of the `2 × K` table of `(…, K)` counts of side x among `total` `(K,)`.

    References:
        Pearson (1900), Phil. Mag. 50, 157–175, used with a permutation null only (METHODS §2).
    """
    all_x = folded(counts_x, total)
    share = (all_x.n_x / (all_x.n_x + all_x.n_y))[..., 0]
    x, total = all_x.x, all_x.total
    # Σ (x − sT)²/T multiplied out: one array as large as the counts is made, not three.
    squares = summed(x * x, 1 / total) + share * (share * summed(total) - 2 * summed(x))
    listed = squares / (share * (1 - share))
    if all_x.once_x is NONE:
        return np.asarray(listed)
    odds = share / (1 - share)
    return np.asarray(listed + all_x.once_x / odds + all_x.once_y * odds)


def squared_distances(values: AnyArray) -> FloatArray:
    """Return `(N, N)` squared Euclidean distances of the rows of `(N, d)` values, in float64; 0 where rows are equal.

    What is within rounding of 0 is 0: its root would be 1e-8.
    """
    rows = np.asarray(values, dtype=np.float64)
    norms = (rows * rows).sum(1)
    sums = norms[:, None] + norms[None, :]
    squared = sums - 2 * rows @ rows.T
    return np.asarray(np.where(squared <= ROUNDING * sums, 0.0, squared))


def rbf_gram(values: AnyArray, times: AnyArray | None = None) -> FloatArray:
    """Return the `(N, N)` Gaussian Gram matrix at the median bandwidth of the pooled sample.

    k(a, b) = exp(−‖a−b‖² / (2 σ²)), σ² the median of the positive squared distances; all rows equal gives ones.

    Args:
        values: `(N, d)` rows.
        times: `(N,)` how often each row stands in the pooled sample; by default once.

    References:
        Gretton et al. (2012), JMLR 13, §8 (median heuristic).
    """
    squared = squared_distances(values)
    first, second = np.triu_indices(len(squared), 1)
    between = squared[first, second]
    apart = between > 1e-12  # noqa: PLR2004 - below float32 embedding noise rows are equal
    weights = None if times is None else (times[first] * times[second])[apart]
    bandwidth = _median(between[apart], weights) if apart.any() else 1.0
    return np.asarray(np.exp(-squared / (2 * bandwidth)))


def _median(values: FloatArray, weights: AnyArray | None) -> float:
    """Return the median of the values, each standing as often as its weight says."""
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values)
    before = np.cumsum(weights[order])
    middle = [(before[-1] - 1) // 2, before[-1] // 2]
    return float(values[order][np.searchsorted(before, middle, side="right")].mean())


def gram_mmd2(gram: FloatArray, labels: LabelArray) -> FloatArray:
    """Return `(1 + B,)` unbiased MMD² of a Gram matrix under each labelling (1 for side x).

    References:
        Gretton et al. (2012), JMLR 13, eq. (3).
    """
    return counted_mmd2(gram, labels.astype(np.float64), np.ones(labels.shape[1]))


def counted_mmd2(gram: FloatArray, counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return `(1 + B,)` unbiased MMD² of answers that repeat, from the Gram matrix of the distinct ones.

    Two answers that are the same add the diagonal's value: a sum over pairs of answers is one over pairs of distinct
    answers, each weighted by how many pairs it stands for.

    Args:
        gram: `(D, D)` kernel values of distinct answers.
        counts_x: `(1 + B, D)` how often side x gave each.
        total: `(D,)` how often both gave each.

    References:
        Gretton et al. (2012), JMLR 13, eq. (3).
    """
    x, own = counts_x, np.diag(gram)
    n = x.sum(1)
    m = total.sum() - n
    off_diagonal = gram - np.diag(own)
    to_all = off_diagonal @ total
    within_x = np.einsum("ij,ij->i", x @ off_diagonal, x)
    across, every = x @ to_all - within_x, total @ to_all
    again = total > 1
    if again.any():
        x, own, total = x[:, again], own[again], total[again]
        within_x = within_x + (x * (x - 1)) @ own
        across = across + (x * (total - x)) @ own
        every += (total * (total - 1)) @ own
    within_y = every - within_x - 2 * across
    return np.asarray(within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * across / (n * m))
