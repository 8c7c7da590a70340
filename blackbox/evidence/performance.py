"""How good a population's ratios are, with both groups of every pair left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import plain
from blackbox.stats.likelihood_ratios import cllr, exceedance, isotonic_log10_lr
from blackbox.stats.nodes import Nodes, rate

if TYPE_CHECKING:
    from blackbox.core import FloatArray
    from blackbox.evidence.calibration import Alternative

THRESHOLDS = (1, 10, 100)
FALSE_POSITIVE_RATES = (0.01, 0.001)
N_POINTS = 81
GRID_STEP = 0.25


def performance(found: Alternative, *, seed: int) -> dict[str, Any]:
    """Return C_llr with its parts, discrimination, misleading evidence and the data of both plots."""
    same, capped = found.same, found.capped
    return {
        "n_same_pairs": int(same.sum()),
        "n_other_pairs": int((~same).sum()),
        "cllr": plain(cllr(capped, same, found.weight)),
        "cllr_uncapped": plain(cllr(found.log10_lr, same, found.weight)),
        "auc": auc(found.log10_lr[same], found.log10_lr[~same]),
        "true_positive_rate": [_sensitivity(found, at) for at in FALSE_POSITIVE_RATES],
        "misleading": _misleading(found, seed=seed),
        "tippett": _tippett(found),
        "calibration_curve": _curve(found),
    }


def auc(same: FloatArray, other: FloatArray) -> float:
    """Return P(same > other) + ½P(equal), pairs unweighted.

    References:
        Hanley & McNeil (1982), Radiology 143, 29–36, doi:10.1148/radiology.143.1.7063747: the Wilcoxon statistic.
    """
    ordered = np.sort(other)
    below, upto = np.searchsorted(ordered, same, side="left"), np.searchsorted(ordered, same, side="right")
    return float((below + upto).mean() / 2 / len(other))


def _sensitivity(found: Alternative, at: float) -> dict[str, float]:
    """Return the share of same-source pairs above the threshold that lets `at` of the others pass."""
    others = np.sort(found.log10_lr[~found.same])[::-1]
    threshold = float(others[min(int(np.floor(at * len(others))), len(others) - 1)])
    return {
        "false_positive_rate": at,
        "log10_lr": threshold,
        "value": float((found.log10_lr[found.same] > threshold).mean()),
    }


def _misleading(found: Alternative, *, seed: int) -> dict[str, Any]:
    """Return rates of ratios that point the wrong way, capped and uncapped, with limits."""
    other = ~found.same
    n_different = found.limits.n_effective or float(len(np.unique(found.nodes.a[other])))
    sides = {
        "different_source": (other, min(n_different, float(found.limits.n_group_pairs)), 1),
        "same_source": (found.same, float(found.limits.n_same_groups), -1),
    }
    told: dict[str, Any] = {}
    for name, (where, n, sign) in sides.items():
        nodes = Nodes(a=found.nodes.a[where], b=found.nodes.b[where])
        drawn = nodes.multiplicities(np.random.default_rng(seed))
        values = {"capped": sign * found.capped[where], "uncapped": sign * found.log10_lr[where]}
        told[name] = [
            {
                "lr": float(threshold**sign),
                "beyond": "at least" if sign > 0 else "at most",
                **{kind: plain(rate(v >= np.log10(threshold), drawn, n)) for kind, v in values.items()},
            }
            for threshold in map(float, THRESHOLDS)
        ]
    return told


def _tippett(found: Alternative) -> dict[str, Any]:
    """Return the share of ratios at or above each value, for both sides, unbounded."""
    low, high = (float(found.log10_lr.min()), float(found.log10_lr.max()))
    grid = np.arange(np.floor(low), np.ceil(high) + GRID_STEP / 2, GRID_STEP)
    curves = {
        name: exceedance(found.log10_lr[where], found.weight[where], grid).tolist()
        for name, where in (("same_source", found.same), ("different_source", ~found.same))
    }
    return {"log10_lr": grid.tolist(), **curves}


def _curve(found: Alternative) -> dict[str, Any]:
    """Return the stated ratios beside those of the best monotone transform; a perfect system lies on the diagonal."""
    order = np.argsort(found.log10_lr, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, N_POINTS).astype(int))]
    best = isotonic_log10_lr(found.log10_lr, found.same, found.weight)
    return {"stated": found.log10_lr[chosen].tolist(), "isotonic": best[chosen].tolist()}
