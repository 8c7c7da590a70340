"""A linear classifier of sides, trained on some probes and asked about others, under many labellings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray

N_FOLDS = 5
N_COMPONENTS = 32
RIDGE = 0.1
"""Ridge penalty as a share of the mean variance of a component."""


def centred_components(values: Sequence[AnyArray]) -> list[FloatArray]:
    """Return each probe's rows centred within the probe, on the leading components of all of them.

    No label enters: what is learned later is all the labels' own.
    """
    centred = [np.asarray(v, dtype=np.float64) - np.asarray(v, dtype=np.float64).mean(0) for v in values]
    stacked = np.concatenate(centred)
    _, vectors = np.linalg.eigh(stacked.T @ stacked)
    leading = vectors[:, ::-1][:, :N_COMPONENTS]
    return [rows @ leading for rows in centred]


def held_out_accuracy(rows: Sequence[FloatArray], labels: Sequence[LabelArray]) -> FloatArray:
    """Return `(1 + B, P)` balanced accuracies minus one half of a classifier trained on other probes.

    Folds are groups of whole probes. Ridge regression of centred labels: what is inverted holds no label,
    so all labellings share it and the rest is matrix products.

    Args:
        rows: `(N_p, d)` centred rows of each probe.
        labels: `(1 + B, N_p)` of each probe, 1 for side x.

    References:
        Lopez-Paz & Oquab (2017), "Revisiting classifier two-sample tests", ICLR, arXiv:1610.06545, eq. (2),
        with a permutation null in place of the asymptotic one.
    """
    deals = [deal.astype(np.float64) for deal in labels]
    sums = [(deal - deal.mean(1, keepdims=True)) @ own for deal, own in zip(deals, rows, strict=True)]
    moments = [own.T @ own for own in rows]
    columns: list[FloatArray] = [np.empty(0)] * len(rows)
    for fold in range(min(N_FOLDS, len(rows))):
        tested = range(fold, len(rows), N_FOLDS)
        weights = _weights(moments, sums, set(tested))
        for p in tested:
            columns[p] = _balanced(weights @ rows[p].T, deals[p])
    return np.stack(columns, axis=1)


def _weights(moments: Sequence[FloatArray], sums: Sequence[FloatArray], left_out: set[int]) -> FloatArray:
    moment = np.sum([m for p, m in enumerate(moments) if p not in left_out], axis=0)
    total = np.sum([s for p, s in enumerate(sums) if p not in left_out], axis=0)
    penalty = RIDGE * max(float(np.trace(moment)) / len(moment), np.finfo(float).tiny)
    return np.asarray(np.linalg.solve(moment + penalty * np.eye(len(moment)), total.T).T)


def _balanced(scores: FloatArray, deals: FloatArray) -> FloatArray:
    """Return the mean over sides of the share of rows on their side of zero; a score of zero counts half."""
    called_x = (np.sign(scores) + 1) / 2
    n = deals.sum(1)
    right_x = (called_x * deals).sum(1) / n
    right_y = ((1 - called_x) * (1 - deals)).sum(1) / (deals.shape[1] - n)
    return np.asarray((right_x + right_y - 1) / 2)
