"""Two-sample statistics as functions of counts and Gram matrices, over many labellings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from blackbox.core import AnyArray, FloatArray, LabelArray


def counts_by_label(codes: AnyArray, labels: LabelArray) -> FloatArray:
    """Return `(1 + B, K)` counts of each code on side x; exact integers in float64.

    Args:
        codes: `(N,)` integers 0…K−1.
        labels: `(1 + B, N)`, 1 for side x.
    """
    one_hot = np.zeros((len(codes), int(codes.max()) + 1), dtype=np.float32)
    one_hot[np.arange(len(codes)), codes] = 1.0
    return (labels.astype(np.float32) @ one_hot).astype(np.float64)


def exact_mmd2(counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return the unbiased exact-match MMD² of `(…, K)` counts of side x among `total` `(K,)`.

    Σ_a [N_a(N_a−1)/(n(n−1)) − 2 N_a M_a/(nm) + M_a(M_a−1)/(m(m−1))], the one-hot kernel.
    Null hypothesis: both samples come from one distribution; labels are exchangeable.

    References:
        Gretton et al. (2012), "A kernel two-sample test", JMLR 13, eq. (3), with k(a, b) = [a = b].
    """
    counts_y = total - counts_x
    n, m = counts_x.sum(-1), counts_y.sum(-1)
    within_x = (counts_x * (counts_x - 1)).sum(-1) / (n * (n - 1))
    within_y = (counts_y * (counts_y - 1)).sum(-1) / (m * (m - 1))
    return np.asarray(within_x + within_y - 2 * (counts_x * counts_y).sum(-1) / (n * m))


def chi2(counts_x: FloatArray, total: FloatArray) -> FloatArray:
    """Return Pearson's χ² of the `2 × K` table of `(…, K)` counts of side x among `total` `(K,)`.

    References:
        Pearson (1900), Phil. Mag. 50, 157–175, used with a permutation null only (METHODS §2).
    """
    n = counts_x.sum(-1, keepdims=True)
    share = n / total.sum()
    expected = total * share
    return np.asarray((((counts_x - expected) ** 2) / (expected * (1 - share))).sum(-1))


def squared_distances(values: AnyArray) -> FloatArray:
    """Return `(N, N)` squared Euclidean distances of the rows of `(N, d)` values, in float64."""
    rows = np.asarray(values, dtype=np.float64)
    norms = (rows * rows).sum(1)
    return np.asarray(np.maximum(norms[:, None] + norms[None, :] - 2 * rows @ rows.T, 0.0))


def rbf_gram(values: AnyArray) -> FloatArray:
    """Return the `(N, N)` Gaussian Gram matrix at the median bandwidth of the pooled sample.

    k(a, b) = exp(−‖a−b‖² / (2 σ²)), σ² the median of the positive squared distances; all rows equal gives ones.

    References:
        Gretton et al. (2012), JMLR 13, §8 (median heuristic).
    """
    squared = squared_distances(values)
    positive = squared[np.triu_indices(len(squared), 1)]
    positive = positive[positive > 1e-12]  # noqa: PLR2004 - below float32 embedding noise rows are equal
    bandwidth = float(np.median(positive)) if len(positive) else 1.0
    return np.asarray(np.exp(-squared / (2 * bandwidth)))


def gram_mmd2(gram: FloatArray, labels: LabelArray) -> FloatArray:
    """Return `(1 + B,)` unbiased MMD² of a Gram matrix under each labelling (1 for side x).

    References:
        Gretton et al. (2012), JMLR 13, eq. (3).
    """
    x = labels.astype(np.float64)
    n = x @ np.ones(x.shape[1])
    m = x.shape[1] - n
    off_diagonal = gram - np.diag(np.diag(gram))
    row_sums = off_diagonal.sum(1)
    within_x = np.einsum("ij,ij->i", x @ off_diagonal, x)
    across = x @ row_sums - within_x
    within_y = row_sums.sum() - within_x - 2 * across
    return np.asarray(within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * across / (n * m))
