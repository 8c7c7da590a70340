"""Confidence intervals for a mean over probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from blackbox.core import FloatArray

MIN_UNITS = 5
"""Below this many probes no interval over probes is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float


def studentised_interval(
    values: FloatArray, *, level: float, rng: np.random.Generator, n_resamples: int = 4_999
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
