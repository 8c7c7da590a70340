"""How the spread of attention weights runs over the depth of a model, and how alike two such runs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blackbox.core import FloatArray

MIN_POINTS = 3
"""Fewest depths: any two points lie on a line, so that their correlation is 1 or −1 whatever they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCorrelation:
    """How alike two depth profiles are.

    Args:
        overall: Pearson r of all normalised series laid end to end.
        by_series: `(s,)` Pearson r of each series; `overall` is their mean.
        n_points: Depths compared.
    """

    overall: float
    by_series: FloatArray
    n_points: int


def spread(pieces: Iterable[FloatArray]) -> float:
    """Return the standard deviation (divisor n) of all numbers of a matrix that arrives in pieces.

    Two passes are not needed: the sums are about the first piece's mean, in float64. NaN where there
    are none, or one is not finite.
    """
    n, total, square, centre = 0, 0.0, 0.0, None
    for piece in pieces:
        values = np.asarray(piece, dtype=np.float64)
        if not np.isfinite(values).all():
            return float("nan")
        centre = float(values.mean()) if centre is None and values.size else centre
        with np.errstate(over="ignore"):
            away = values - (centre or 0.0)
            n, total, square = n + values.size, total + float(away.sum()), square + float((away * away).sum())
    mean = total / n if n else float("nan")
    return float(np.sqrt(max(square / n - mean * mean, 0.0))) if n and np.isfinite(square) else float("nan")


def at_depths(profile: FloatArray, n_points: int) -> FloatArray:
    """Return a profile `(layers, s)` at `n_points` equally spaced depths, first and last layer included, `(n, s)`.

    Between layers it is linear. With `n_points` equal to the layers it is the profile itself.
    """
    depths = np.linspace(0.0, len(profile) - 1.0, n_points)
    below = np.minimum(depths.astype(np.intp), max(len(profile) - 2, 0))
    share = (depths - below)[:, None]
    return np.asarray((1 - share) * profile[below] + share * profile[np.minimum(below + 1, len(profile) - 1)])


def profile_correlation(x: FloatArray, y: FloatArray, *, n_points: int | None = None) -> ProfileCorrelation | None:
    """Return how alike two depth profiles are, or None where a series is flat and nothing can correlate.

    Each series is normalised over depth (mean 0, standard deviation 1) and Pearson's r is taken; laid end to
    end, normalised series of one length have the mean of their r as their own r. Where the models differ in
    depth, both are read at the depths of the one with fewer layers.

    Args:
        x: `(layers, s)` spreads of s kinds of matrix.
        y: The same of another model, of any number of layers.
        n_points: Depths to read both at; None: the fewer layers of the two.

    References:
        "Intrinsic Fingerprint of LLMs" (2025), arXiv 2507.03014: per-layer standard deviations of the query,
        key, value and output matrices, normalised over layers, Pearson correlation between models.
    """
    points = min(len(x), len(y)) if n_points is None else n_points
    a, b = _normalised(at_depths(x, points)), _normalised(at_depths(y, points))
    if a is None or b is None:
        return None
    by_series = np.clip((a * b).mean(axis=0), -1.0, 1.0)
    return ProfileCorrelation(overall=float(by_series.mean()), by_series=by_series, n_points=points)


def _normalised(profile: FloatArray) -> FloatArray | None:
    away = profile - profile.mean(axis=0)
    deviation = np.sqrt((away * away).mean(axis=0))
    flat = deviation <= 1e-9 * np.abs(profile).max(axis=0)  # a difference in rounding is not a shape
    return None if len(profile) < MIN_POINTS or bool(flat.any()) else np.asarray(away / deviation)
