"""Quality and limits of likelihood ratios from scored pairs of known origin.

Throughout: `log10_lr` is `(n,)`, `same` marks pairs of one source, `weight` is `(n,)` and is normalised within
each side, so that only its proportions within same-source and within different-source pairs count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from blackbox.core import FloatArray

    Flags = npt.NDArray[np.bool_]

EXTREME = 1e-9
"""Posterior probabilities of the isotonic fit are kept this far from 0 and 1."""
_STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Cllr:
    """Cost of log likelihood ratios and its two parts, in bits: `total` = `minimum` + `calibration`."""

    total: float
    minimum: float
    calibration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A range of log10 likelihood ratios that a population supports; `lower` ≤ 0 ≤ `upper`."""

    lower: float
    upper: float


def cllr(log10_lr: FloatArray, same: Flags, weight: FloatArray) -> Cllr:
    """Return C_llr, C_llr_min (after the best monotone transform of these very values) and their difference.

    C_llr = ½[mean_same log2(1 + 1/LR) + mean_different log2(1 + LR)]: 0 is perfect, 1 is as good as always saying 1.

    References:
        Brümmer & du Preez (2006), "Application-independent evaluation of speaker detection", Computer Speech &
        Language 20, 230–275, doi:10.1016/j.csl.2005.08.001, eq. (47) and section 4.
    """
    total = _cost(log10_lr, same, weight)
    minimum = _cost(isotonic_log10_lr(log10_lr, same, weight), same, weight)
    return Cllr(total=total, minimum=minimum, calibration=total - minimum)


def isotonic_log10_lr(score: FloatArray, same: Flags, weight: FloatArray) -> FloatArray:
    """Return the log10 LR of the best monotone map of the scores, fitted to these very pairs.

    References:
        Ayer et al. (1955), "An empirical distribution function for sampling with incomplete information", Annals of
        Mathematical Statistics 26, 641–647: pool adjacent violators.
    """
    w = normalised(weight, same)
    levels, place = np.unique(score, return_inverse=True)
    of_same = np.bincount(place, weights=np.where(same, w, 0.0), minlength=len(levels)).astype(np.float64)
    of_all = np.bincount(place, weights=w, minlength=len(levels)).astype(np.float64)
    posterior = np.clip(_pooled(of_same, of_all)[place], EXTREME, 1 - EXTREME)
    return np.asarray(np.log10(posterior / (1 - posterior)))


def _pooled(hits: FloatArray, totals: FloatArray) -> FloatArray:
    """Return the non-decreasing sequence closest to hits/totals."""
    blocks: list[tuple[float, float, int]] = []
    for hit, total in zip(hits.tolist(), totals.tolist(), strict=True):
        block = (hit, total, 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    shares = [hit / total if total > 0 else 0.0 for hit, total, _ in blocks]
    return np.repeat(np.array(shares), [n for _, _, n in blocks])


def normalised(weight: FloatArray, same: Flags) -> FloatArray:
    """Return weights that sum to 1 within each side."""
    return np.asarray(np.where(same, weight / weight[same].sum(), weight / weight[~same].sum()))


def _cost(log10_lr: FloatArray, same: Flags, weight: FloatArray) -> float:
    w, llr = normalised(weight, same), log10_lr * np.log(10)
    return float((w * np.logaddexp(0.0, np.where(same, -llr, llr))).sum() / (2 * np.log(2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Independent:
    """How many independent comparisons each side is worth."""

    same: float
    different: float


def elub(log10_lr: FloatArray, same: Flags, weight: FloatArray, n: Independent) -> Range:
    """Return the empirical range beyond which acting on the ratios costs more than ignoring them.

    For a decision threshold t the cost of a system is P(LR < t | same) + t · P(LR ≥ t | different), with one more
    misleading comparison added to each side; ignoring the ratios costs min(1, t).

    Args:
        log10_lr: `(n,)` ratios.
        same: Which are of one source.
        weight: `(n,)` weights.
        n: Independent comparisons a side: one added misleading one is 1/(n + 1) of it.

    References:
        Vergeer, van Es, de Jongh, Alberink & Stoel (2016), "Numerical likelihood ratios outputted by LR systems are
        often based on extrapolation: when to stop extrapolating?", Science & Justice 56, 482–491,
        doi:10.1016/j.scijus.2016.06.003.
    """
    w = normalised(weight, same)
    low, high = min(float(log10_lr.min()), 0.0) - 0.5, max(float(log10_lr.max()), 0.0) + 0.5
    grid = np.arange(np.floor(low / _STEP), np.ceil(high / _STEP) + 1) * _STEP
    missed = _below(log10_lr[same], w[same], grid)
    alarmed = 1 - _below(log10_lr[~same], w[~same], grid)
    miss = (missed * n.same + 1) / (n.same + 1)
    alarm = (alarmed * n.different + 1) / (n.different + 1)
    threshold = 10.0**grid
    worse = miss + threshold * alarm > np.minimum(1.0, threshold)
    left, right = grid[worse & (grid <= 0)], grid[worse & (grid >= 0)]
    lower = min(0.0, float(left.max()) + _STEP) if len(left) else float(grid[0])
    upper = max(0.0, float(right.min()) - _STEP) if len(right) else float(grid[-1])
    return Range(lower=lower, upper=upper)


def _below(values: FloatArray, weight: FloatArray, grid: FloatArray) -> FloatArray:
    """Return the weighted share of values below each grid point."""
    order = np.argsort(values, kind="stable")
    cumulated = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(cumulated[np.searchsorted(values[order], grid, side="left")])


def exceedance(log10_lr: FloatArray, weight: FloatArray, grid: FloatArray) -> FloatArray:
    """Return the weighted share of values at or above each grid point: one curve of a Tippett plot."""
    return np.asarray(1 - _below(log10_lr, weight / weight.sum(), grid))
