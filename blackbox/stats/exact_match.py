"""Exact-match distances between runs of one history, all of them functions of how often answers agree.

`gram[i, j, p]` counts the agreeing pairs of an answer of run i and one of run j at probe p; `sizes[i, p]` counts
answers. Every distance below is unbiased: its mean is 0 where both sides answer from one distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray


def agreements(counts: FloatArray) -> FloatArray:
    """Return `(T, T, P)` agreeing pairs of `(T, P, K)` counts; on the diagonal each answer also agrees with itself."""
    by_probe = counts.transpose(1, 0, 2)
    return np.ascontiguousarray((by_probe @ by_probe.transpose(0, 2, 1)).transpose(1, 2, 0))


def to_reference(gram: FloatArray, sizes: FloatArray, run: int, reference: Sequence[int]) -> FloatArray:
    """Return `(P,)` unbiased exact-match MMD² of a run to the pooled runs of a reference; NaN where it can't be had.

    Args:
        gram: `(T, T, P)` agreements.
        sizes: `(T, P)` answers.
        run: Which run.
        reference: Which runs form the reference; the run itself is not among them.

    References:
        Gretton et al. (2012), "A kernel two-sample test", JMLR 13, eq. (3), with k(a, b) = [a = b]. With one answer
        in the run its own term can't be had; the pooled one stands for it, which no relabelling changes.
    """
    chosen = list(reference)
    pooled = gram[np.ix_(chosen, chosen)].sum((0, 1))
    return mmd2(
        own=gram[run, run],
        across=gram[run, chosen].sum(0),
        other=pooled,
        n=sizes[run],
        m=sizes[chosen].sum(0),
    )


def leave_one_out(gram: FloatArray, sizes: FloatArray) -> FloatArray:
    """Return `(T, P)` distances of every run to all the others."""
    rows, own = gram.sum(1), np.einsum("iip->ip", gram)
    across = rows - own
    rest = rows.sum(0) - 2 * across - own
    return mmd2(own=own, across=across, other=rest, n=sizes, m=sizes.sum(0) - sizes)


def mmd2(*, own: FloatArray, across: FloatArray, other: FloatArray, n: FloatArray, m: FloatArray) -> FloatArray:
    """Return the unbiased exact-match MMD² of two sides from their sums of agreements; NaN with too few answers.

    Args:
        own: Agreements within side x, each answer with itself included.
        across: Agreements between the sides.
        other: Agreements within side y, each answer with itself included.
        n: Answers of side x: one at least.
        m: Answers of side y: two at least.
    """
    total = n + m
    with np.errstate(divide="ignore", invalid="ignore"):
        within_x = np.where(
            n > 1, (own - n) / (n * (n - 1)), (own + 2 * across + other - total) / (total * (total - 1))
        )
        within_y = (other - m) / (m * (m - 1))
        found = within_x + within_y - 2 * across / (n * m)
    return np.asarray(np.where((n > 0) & (m > 1), found, np.nan))


def over_probes(distances: FloatArray) -> FloatArray:
    """Return the mean over the last axis of what is there; NaN where nothing is."""
    there = np.isfinite(distances)
    n = there.sum(-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(n > 0, np.where(there, distances, 0.0).sum(-1) / n, np.nan))


def common_shift(
    gram: FloatArray, sizes: FloatArray, runs: Sequence[int], reference: Sequence[int]
) -> tuple[float, float]:
    """Return what the runs' shifts from the reference have in common, and how large a run's own shift is.

    The first is the mean over pairs of runs of ⟨x_i − r, x_j − r⟩, in which noise of single runs cancels; the second
    the mean of ‖x_i − r‖². Both are unbiased. Runs that moved to one new place have a quotient of 1, runs that
    scatter around the old one 0, and of runs that moved with a share q of them a quotient of q.

    Args:
        gram: `(T, T, P)` agreements.
        sizes: `(T, P)` answers.
        runs: Two runs or more.
        reference: The runs they moved away from.
    """
    chosen = list(reference)
    m = sizes[chosen].sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = (gram[np.ix_(chosen, chosen)].sum((0, 1)) - m) / (m * (m - 1))
        to_pool = [gram[i, chosen].sum(0) / (sizes[i] * m) for i in runs]
        products = [
            gram[i, j] / (sizes[i] * sizes[j]) - to_pool[a] - to_pool[b] + within
            for a, i in enumerate(runs)
            for b, j in enumerate(runs)
            if a < b
        ]
    own = [to_reference(gram, sizes, i, chosen) for i in runs]
    return finite_mean(over_probes(np.array(products))), finite_mean(over_probes(np.array(own)))


def finite_mean(values: FloatArray) -> float:
    """Return the mean of the values that are there; NaN where none is."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")
