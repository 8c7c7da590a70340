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
    t = _pivots(values, rng, n_resamples=n_resamples)
    if t is None:
        return None
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    error = values.std(ddof=1) / np.sqrt(len(values))
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
    t = _pivots(values, rng, n_resamples=_resamples(level))
    if t is None:
        return None
    quantile = float(np.quantile(t, level if side == "lower" else 1 - level))
    return float(values.mean() - quantile * values.std(ddof=1) / np.sqrt(len(values)))


def studentised_ratio_interval(
    numerator: FloatArray, denominator: FloatArray, *, level: float, rng: np.random.Generator
) -> Interval | None:
    """Return the bootstrap-t interval of θ = mean(numerator) / mean(denominator) over paired probes.

    The error is the linearised one, that of numerator − θ·denominator over the mean denominator, and θ is held at its
    estimate in the resamples. Estimated anew in each, θ follows the few probes that carry it and the interval covers
    89 to 93 % for nominal 95 % where 16 probes are skewed [`benchmarks/bench_calibration.py`].
    None with fewer than 5 probes, no variation, or a mean denominator that is not positive.

    References:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", §12.5, eq. (12.22); Cochran (1977), "Sampling
        Techniques", eq. (6.13) (the linearised error).
    """
    base = float(denominator.mean())
    if base <= 0:
        return None
    ratio = float(numerator.mean()) / base
    residual = numerator - ratio * denominator
    t = _pivots(residual, rng, n_resamples=_resamples((1 + level) / 2))
    if t is None:
        return None
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    error = residual.std(ddof=1) / np.sqrt(len(residual)) / base
    return Interval(low=float(ratio - high * error), high=float(ratio - low * error))


def _resamples(level: float) -> int:
    """At least 50 resamples beyond the quantile asked for, within bounds."""
    return int(min(MOST_RESAMPLES, max(N_RESAMPLES, np.ceil(50 / (1 - level)))))


def _pivots(values: FloatArray, rng: np.random.Generator, *, n_resamples: int) -> FloatArray | None:
    """Return studentised resampled means; resamples without variation drop out."""
    n = len(values)
    if n < MIN_UNITS or np.ptp(values) == 0:
        return None
    resampled = values[rng.integers(0, n, size=(n_resamples, n))]
    errors = resampled.std(1, ddof=1) / np.sqrt(n)
    usable = errors > 0
    return np.asarray((resampled.mean(1)[usable] - values.mean()) / errors[usable])
