"""Confidence intervals for a mean over probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from blackbox.core import FloatArray

MIN_UNITS = 5
"""Below this many probes no interval over probes is given."""
N_RESAMPLES = 4_999
MOST_RESAMPLES = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float


def studentised_interval(
    values: FloatArray, *, level: float, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> Interval | None:
    """Return the bootstrap-t interval of the mean of `(P,)` values, or None where it can't be had.

    The resampled unit is the probe: the interval speaks for new probes of the family (METHODS §1.5, §1.6).
    None with fewer than 5 values or when all are equal.

    References:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", §12.5, eq. (12.22).
    """
    n = len(values)
    if n < MIN_UNITS or np.ptp(values) == 0:
        return None
    resampled = values[rng.integers(0, n, size=(n_resamples, n))]
    errors = resampled.std(1, ddof=1) / np.sqrt(n)
    usable = errors > 0
    t = (resampled.mean(1)[usable] - values.mean()) / errors[usable]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    error = values.std(ddof=1) / np.sqrt(n)
    return Interval(low=float(values.mean() - high * error), high=float(values.mean() - low * error))


def studentised_bound(
    values: FloatArray,
    *,
    side: Literal["lower", "upper"],
    level: float,
    rng: np.random.Generator,
) -> float | None:
    """Return the one-sided bootstrap-t confidence bound of the mean of `(P,)` values, None where it can't be had.

    Args:
        values: One value a probe.
        side: Which bound.
        level: Confidence, .99 for α = .01; more resamples are drawn the closer it is to 1.
        rng: Source of the resamples.

    References:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", §12.5, eq. (12.22).
    """
    t = _pivots(values, np.ones(len(values)), rng, n_resamples=_resamples(level))
    if t is None:
        return None
    quantile = float(np.quantile(t, level if side == "lower" else 1 - level))
    return float(values.mean() - quantile * values.std(ddof=1) / np.sqrt(len(values)))


def studentised_ratio_interval(
    numerator: FloatArray, denominator: FloatArray, *, level: float, rng: np.random.Generator
) -> Interval | None:
    """Return the bootstrap-t interval of mean(numerator) / mean(denominator) over paired probes.

    The standard error is the linearised one of a ratio of means; None with fewer than 5 probes or no variation.

    References:
        Efron & Tibshirani (1993), §12.5, eq. (12.22); Cochran (1977), "Sampling Techniques", eq. (6.13).
    """
    t = _pivots(numerator, denominator, rng, n_resamples=_resamples((1 + level) / 2))
    if t is None:
        return None
    ratio = numerator.mean() / denominator.mean()
    error = _ratio_error(numerator[None], denominator[None])[0]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(ratio - high * error), high=float(ratio - low * error))


def _resamples(level: float) -> int:
    """At least 50 resamples beyond the quantile asked for, within bounds."""
    return int(min(MOST_RESAMPLES, max(N_RESAMPLES, np.ceil(50 / (1 - level)))))


def _pivots(
    numerator: FloatArray, denominator: FloatArray, rng: np.random.Generator, *, n_resamples: int
) -> FloatArray | None:
    """Return studentised resampled ratios of means; resamples without variation or without a denominator drop out."""
    n = len(numerator)
    if n < MIN_UNITS or np.ptp(numerator) == 0:
        return None
    chosen = rng.integers(0, n, size=(n_resamples, n))
    resampled, base = numerator[chosen], denominator[chosen]
    usable = (base.mean(1) > 0) & (np.ptp(resampled, axis=1) > 0)
    errors = _ratio_error(resampled[usable], base[usable])
    ratios = resampled[usable].mean(1) / base[usable].mean(1)
    return np.asarray((ratios - numerator.mean() / denominator.mean())[errors > 0] / errors[errors > 0])


def _ratio_error(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return the linearised standard error of each row's ratio of means."""
    base = denominator.mean(1, keepdims=True)
    residual = (numerator - numerator.mean(1, keepdims=True) / base * denominator) / base
    return np.asarray(residual.std(1, ddof=1) / np.sqrt(numerator.shape[1]))
